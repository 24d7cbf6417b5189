/** Davenport's side of the comparison, as a worker: one line in, one line of JSON with times out (see textbook.py). */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { matchMeanStd } from '../../main/imaging/color/match.ts';
import { checkIdentity, compositePatch, expandComposite } from '../../main/imaging/composite.ts';
import { cropAround } from '../../main/imaging/crop.ts';
import { decodeFrame } from '../../main/imaging/decode.ts';
import { encodeFrame } from '../../main/imaging/encode.ts';
import type { Frame } from '../../main/imaging/frame.ts';
import { featherAlpha, growMask, maskBox, trimMask } from '../../main/imaging/mask-ops.ts';
import type { Mask, Raster } from '../../main/imaging/raster.ts';
import { type RasterWindow, cropRaster, cropWindow, wholeWindow } from '../../main/imaging/window.ts';

const [path, ...numbers] = process.argv.slice(2);
const [centreX, centreY, radiusX, radiusY] = numbers.map(Number) as [number, number, number, number];

/** What the segment stage would have given: 255 in the ellipse, at photo size. */
function ellipseMask(width: number, height: number): Mask {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5 - centreX) / radiusX;
      const v = (y + 0.5 - centreY) / radiusY;
      if (u * u + v * v <= 1) data[y * width + x] = 255;
    }
  }
  return { width, height, channels: 1, data };
}

/** What the inpaint stage would have given back: the crop, mirrored and tinted. */
function editedPatch(frame: Frame, mask: Mask): RasterWindow<Uint8Array> {
  const rect = cropAround(maskBox(wholeWindow(mask))!, frame.info, { context: 0.35 });
  const crop = cropRaster(frame.raster as Raster<Uint8Array>, rect);
  const data = new Uint8Array(crop.data.length);
  const gain = [0.85, 0.9, 1.05];
  const offset = [20, 5, -10];
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const x = pixel % rect.width;
    const mirrored = (pixel - x + rect.width - 1 - x) * 3 + (i % 3);
    data[i] = Math.min(255, Math.max(0, crop.data[mirrored]! * gain[i % 3]! + offset[i % 3]!));
  }
  return { raster: { ...crop, data }, rect };
}

async function runSteps(mask: Mask, patch: RasterWindow<Uint8Array>) {
  const times: Record<string, number> = {};
  let mark = performance.now();
  const lap = (name: string) => {
    const now = performance.now();
    times[name] = now - mark;
    mark = now;
  };
  const frame = await decodeFrame(await readFile(path!), path!);
  const photo = frame.raster as Raster<Uint8Array>;
  lap('decode');
  const region = growMask(trimMask(wholeWindow(mask)), 5, photo);
  lap('mask');
  cropRaster(photo, cropAround(maskBox(region)!, photo, { context: 0.35 }));
  lap('crop');
  const matched = matchMeanStd(patch, wholeWindow(photo), region);
  lap('color');
  const alpha = featherAlpha(region, 10, photo);
  const composite = compositePatch(photo, cropWindow(matched, alpha.rect), alpha);
  const done = expandComposite(photo, composite);
  lap('composite');
  const identity = checkIdentity(photo, composite, alpha);
  lap('identity');
  const jpeg = await encodeFrame(done, { format: 'jpeg', icc: frame.icc });
  lap('encode jpeg');
  const png = await encodeFrame(done, { format: 'png', icc: frame.icc });
  lap('encode png');
  return {
    times,
    peakMb: process.resourceUsage().maxRSS / 976.5625,
    jpegMb: jpeg.length / 1e6,
    pngMb: png.length / 1e6,
    identity,
  };
}

const first = await decodeFrame(readFileSync(path!), path!);
const mask = ellipseMask(first.info.width, first.info.height);
const patch = editedPatch(first, mask);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await runSteps(mask, patch))}\n`);
}
