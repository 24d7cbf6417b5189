import { CancelledError } from '../../errors.ts';
import { createRaster, type Raster } from '../raster.ts';
import { blendPieces, DOUBTED, HELD } from './blend.ts';
import { completeHole } from './complete.ts';
import { evenLight } from './even-light.ts';
import { AVOID } from './familiar.ts';
import { matchGrain } from './grain.ts';
import type { FillPlane } from './plane.ts';
import { createTransfer } from './transfer.ts';

/** PSNR where nothing differs at all. */
const BEST_PSNR = 99;

/** The surfaces of the background. */
export interface Surfaces {
  /**
   * One channel, of the crop's size: 0 for foreground, which is neither copied nor met, else an index into `planes`.
   * In the hole it says what is behind.
   */
  readonly labels: Raster<Uint8Array>;
  /** By label; index 0 is not used. */
  readonly planes: readonly FillPlane[];
  /**
   * One channel, of any size, laid over the crop: MODEL for pixels that show what may go on behind the hole (without any,
   * what lies around it shows it), {@link AVOID} for those that must not be copied, else 0.
   */
  readonly models?: Raster<Uint8Array> | undefined;
}

export interface FillOptions {
  /** Chooses among equally good fills; the same seed gives the same samples. */
  readonly seed: number;
  /** Left out, the whole picture is one surface seen head on. */
  readonly surfaces?: Surfaces;
  /** A first idea of the hole's colors: u8 RGB of the whole crop, at any size. */
  readonly guide?: Raster<Uint8Array>;
  /** Told now and then how far it is, 0–1. */
  readonly progress?: (done: number) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

/** {@link fillInPlace} on a copy: `crop` stays as it is. */
export async function fillHole<R extends Raster<Uint8Array> | Raster<Uint16Array>>(
  crop: R,
  hole: Raster<Uint8Array>,
  options: FillOptions,
): Promise<{ readonly raster: R; readonly rimPsnr: number }> {
  const raster: R = { ...crop, data: crop.data.slice() };
  return { raster, rimPsnr: await fillInPlace(raster, hole, options) };
}

/**
 * Makes up the unknown part of a picture from the rest of it: pieces are found from coarse to fine, copied from real
 * pixels at full resolution and joined without seams.
 *
 * @param crop u8 or u16, any number of channels: the hole with the surroundings that may be copied from; the hole's
 *   samples are written at the very end, all others are left as they are
 * @param hole one channel of the crop's size, not 0 where unknown
 * @returns how well the copied pieces alone continue the known pixels around the hole: a PSNR in dB, at most 99
 * @throws RequestError where nothing is left to copy from, CancelledError where the signal says so
 */
export async function fillInPlace(
  crop: Raster<Uint8Array> | Raster<Uint16Array>,
  hole: Raster<Uint8Array>,
  options: FillOptions,
): Promise<number> {
  if (!hole.data.some((value) => value !== 0)) return BEST_PSNR;
  const surfaces = settleSurfaces(crop, hole, options.surfaces);
  const report = async (done: number): Promise<void> => {
    if (options.signal?.aborted) throw new CancelledError();
    await options.progress?.(done);
  };
  const completion = await completeHole(
    { image: toMatchingImage(crop), hole, ...surfaces },
    { seed: options.seed, guide: options.guide, progress: (done) => report(0.8 * done) },
  );
  const transfer = createTransfer(hole, surfaces.planes, completion);
  const holds = findHolds(hole, surfaces);
  const rimError = blendPieces(transfer, crop, holds);
  evenLight(transfer, crop, holds);
  matchGrain(transfer, crop, holds, options.seed);
  await options.progress?.(1);
  return Math.min(BEST_PSNR, 10 * Math.log10(255 ** 2 / Math.max(rimError, 1e-9)));
}

/** The surfaces as given, with the hole's unlabelled pixels on the first one; without any, one surface. */
function settleSurfaces(crop: Raster, hole: Raster<Uint8Array>, surfaces: Surfaces | undefined): Surfaces {
  const flat = { homography: null };
  const known = surfaces?.labels.data.some((label, i) => label > 0 && hole.data[i] === 0);
  if (!surfaces || !known) {
    const labels = createRaster('u8', crop.width, crop.height);
    labels.data.fill(1);
    return { labels, planes: [flat, flat] };
  }
  if (!surfaces.labels.data.some((label, i) => label === 0 && hole.data[i] !== 0)) return surfaces;
  const data = surfaces.labels.data.map((label, i) => (label === 0 && hole.data[i] !== 0 ? 1 : label));
  return { ...surfaces, labels: { ...surfaces.labels, data } };
}

/** {@link HELD} for known background pixels, {@link DOUBTED} for those among them that may be something else. */
function findHolds(hole: Raster<Uint8Array>, { labels, models }: Surfaces): Uint8Array {
  const { width, height } = hole;
  const holds = new Uint8Array(hole.data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const row = models ? Math.floor(((y + 0.5) * models.height) / height) * models.width : 0;
    for (let x = 0; x < width; x++, i++) {
      if (labels.data[i] === 0 || hole.data[i] !== 0) continue;
      const model = models?.data[row + Math.floor(((x + 0.5) * models.width) / width)];
      holds[i] = model === AVOID ? DOUBTED : HELD;
    }
  }
  return holds;
}

/** u8 RGB of any frame, as it lies: matching needs no profile. */
function toMatchingImage(crop: Raster<Uint8Array> | Raster<Uint16Array>): Raster<Uint8Array> {
  const { width, height, channels, data } = crop;
  if (channels === 3 && data instanceof Uint8Array) return crop as Raster<Uint8Array>;
  const image = createRaster('u8', width, height, 3);
  const shift = data instanceof Uint8Array ? 0 : 8;
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let i = 0, p = 0; p < image.data.length; i += channels, p += 3) {
    image.data[p] = data[i]! >> shift;
    image.data[p + 1] = data[i + green]! >> shift;
    image.data[p + 2] = data[i + blue]! >> shift;
  }
  return image;
}
