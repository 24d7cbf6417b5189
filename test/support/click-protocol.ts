import type { Frame } from '../../main/imaging/frame.ts';
import { distanceTransform } from '../../main/imaging/distance.ts';
import type { Raster } from '../../main/imaging/raster.ts';
import { resizeRaster, scaleTo } from '../../main/imaging/resize.ts';
import { toSrgb8 } from '../../main/imaging/srgb.ts';
import type { Click } from '../../main/pipeline/stages/segment/params.ts';
import { grabCutLabel, runGrabCut } from './grabcut.ts';
import { loadOpenCv } from './opencv.ts';

/** Long side at which errors are looked at and GrabCut runs. */
const SIDE = 384;
/** Radii of GrabCut's trimap around a click, px of that side: certain, likely, possible. */
const REACH = { certain: 8, likely: 60, possible: 190 };
const BEYOND = { left: true, top: true, right: true, bottom: true };

/**
 * The next click of the usual protocol for interactive segmentation (Xu et al. 2016; Sofiiuk et al. 2021): the point
 * of the larger error, what is missing or what is too much, that lies deepest in it.
 * @param truth and `mask` u8 of one size, inside from 128 on
 * @returns null where nothing is wrong
 */
export async function nextClick(truth: Raster<Uint8Array>, mask: Raster<Uint8Array>): Promise<Click | null> {
  const scale = Math.min(1, SIDE / Math.max(truth.width, truth.height));
  const width = Math.max(1, Math.round(truth.width * scale));
  const height = Math.max(1, Math.round(truth.height * scale));
  const [wanted, got] = await Promise.all([
    resizeRaster(truth, width, height, 'linear'),
    resizeRaster(mask, width, height, 'linear'),
  ]);
  let best: Click | null = null;
  let deepest = 0.99;
  for (const label of ['include', 'exclude'] as const) {
    const wrong = new Uint8Array(width * height);
    for (let i = 0; i < wrong.length; i++) {
      const [inTruth, inMask] = [wanted.data[i]! >= 128, got.data[i]! >= 128];
      wrong[i] = (label === 'include' ? inTruth && !inMask : inMask && !inTruth) ? 255 : 0;
    }
    const depth = distanceTransform(
      { width, height, channels: 1, data: wrong },
      { of: 'outside', threshold: 128, beyond: BEYOND },
    ).data;
    for (let i = 0; i < depth.length; i++) {
      if (!wrong[i] || depth[i]! <= deepest) continue;
      deepest = depth[i]!;
      const [x, y] = [i % width, Math.floor(i / width)];
      best = { x: ((x + 0.5) * truth.width) / width, y: ((y + 0.5) * truth.height) / height, label };
    }
  }
  return best;
}

/** The baseline: GrabCut at a long side of 384 from disks around the clicks, at photo size. */
export async function grabCutByClicks(frame: Frame, clicks: readonly Click[]): Promise<Raster<Uint8Array>> {
  const { width, height } = frame.raster;
  const rgb = await toSrgb8(frame, { longSide: SIDE });
  const scale = rgb.width / width;
  const distance = (label: Click['label'], x: number, y: number) =>
    Math.min(
      Infinity,
      ...clicks.filter((c) => c.label === label).map((c) => Math.hypot(c.x * scale - x, c.y * scale - y)),
    );
  const { foreground, maybeForeground, maybeBackground, background } = grabCutLabel;
  const trimap = new Uint8Array(rgb.width * rgb.height);
  for (let i = 0; i < trimap.length; i++) {
    const [x, y] = [i % rgb.width, Math.floor(i / rgb.width)];
    const near = distance('include', x, y);
    const against = distance('exclude', x, y);
    if (against < REACH.certain && against < near) trimap[i] = background;
    else if (near < REACH.certain) trimap[i] = foreground;
    else if (near < REACH.likely && near < against) trimap[i] = maybeForeground;
    else trimap[i] = near < REACH.possible ? maybeBackground : background;
  }
  const division = runGrabCut(await loadOpenCv(), rgb, trimap, 3);
  const raster = { width: rgb.width, height: rgb.height, channels: 1, data: division.map((v) => v * 255) };
  return scaleTo(raster, { width, height }, 'linear');
}
