import type { Raster } from '../../main/imaging/raster.ts';
import { type FloatKernel, resampleFloat } from '../../main/imaging/resample.ts';
import { resizeRaster } from '../../main/imaging/resize.ts';
import { toSrgb8 } from '../../main/imaging/srgb.ts';
import { wholeOf } from '../support/node-context.ts';
import type { Photos } from './photos.ts';
import { type Comparison, mean } from './table.ts';

/** Long side of the truth: photos are reduced to it first, so that they are sharp and the run is short. */
const SIDE = 512;
/** Pixels at the border that are not judged. */
const BORDER = 8;

/** Photos reduced and enlarged again by the upscale stage, by bicubic and by Lanczos. */
export async function compareUpscale(photos: Photos, factor: 2 | 4): Promise<Comparison | null> {
  const rows: (string | number)[][] = [];
  let model = '';
  for (const photo of photos.pictures().sort()) {
    const truth = await cropToMultiple(await toSrgb8(await photos.frame(photo), { longSide: SIDE }), factor);
    const small = await resizeRaster(truth, truth.width / factor, truth.height / factor, 'cubic');
    const inputs = { composite: { raster: small, window: wholeWindowOf(small) } };
    const params = { factor, print: null, pack: 'starter', model: 'clean' };
    const trial = await photos.run('upscale.frame', { params, inputs });
    model = String(trial.metrics.get('model'));
    const ours = wholeOf(trial.written.get('upscaled')) as Raster<Uint8Array>;
    const [cubic, lanczos] = (['cubic', 'lanczos3'] as const).map((kernel) => enlarge(small, truth, kernel));
    rows.push([photo, psnrOfLuma(ours, truth), psnrOfLuma(cubic!, truth), psnrOfLuma(lanczos!, truth)]);
  }
  if (rows.length === 0) return null;
  const means = [1, 2, 3].map((k) => mean(rows.map((row) => row[k] as number)));
  rows.push(['**mean**', ...means]);
  const [ours = 0, cubic = 0, lanczos = 0] = means;
  const best = Math.max(cubic, lanczos);
  return {
    title: `Upscale ×${factor}`,
    how: `PSNR of luma (dB): photos at a long side of ${SIDE}, reduced ×${factor} by antialiased bicubic and enlarged again.`,
    columns: ['Photo', 'upscale.frame', 'bicubic', 'Lanczos'],
    rows,
    digits: 2,
    models: [model],
    verdict: {
      ours: 'upscale.frame',
      baseline: lanczos > cubic ? 'Lanczos' : 'bicubic',
      beats: ours > best,
      because: `${ours.toFixed(2)} dB against ${cubic.toFixed(2)} (bicubic) and ${lanczos.toFixed(2)} (Lanczos)`,
    },
  };
}

/** Plain interpolation. libvips enlarges by bicubic whatever kernel it is asked for, hence the float one. */
function enlarge(
  small: Raster<Uint8Array>,
  { width, height }: Raster,
  kernel: FloatKernel,
): Raster<Uint8Array> {
  const source = { ...small, data: Float32Array.from(small.data) };
  const { data } = resampleFloat(source, { width, height }, kernel);
  return {
    width,
    height,
    channels: small.channels,
    data: Uint8Array.from(data, (v) => Math.min(255, Math.max(0, v + 0.5))),
  };
}

function wholeWindowOf({ width, height }: Raster) {
  return { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' as const };
}

async function cropToMultiple(rgb: Raster<Uint8Array>, factor: number): Promise<Raster<Uint8Array>> {
  const width = rgb.width - (rgb.width % factor);
  const height = rgb.height - (rgb.height % factor);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    data.set(rgb.data.subarray(y * rgb.width * 3, (y * rgb.width + width) * 3), y * width * 3);
  return { width, height, channels: 3, data };
}

/** PSNR of BT.601 luma, dB, without the border. */
function psnrOfLuma(a: Raster<Uint8Array>, b: Raster<Uint8Array>): number {
  let squares = 0;
  let count = 0;
  for (let y = BORDER; y < b.height - BORDER; y++) {
    for (let x = BORDER; x < b.width - BORDER; x++, count++) {
      const i = (y * b.width + x) * 3;
      const luma =
        0.299 * (a.data[i]! - b.data[i]!) +
        0.587 * (a.data[i + 1]! - b.data[i + 1]!) +
        0.114 * (a.data[i + 2]! - b.data[i + 2]!);
      squares += luma * luma;
    }
  }
  return 10 * Math.log10((255 * 255 * count) / Math.max(1e-6, squares));
}
