import { RequestError } from '../../../errors.ts';
import type { Size } from '../../../imaging/window.ts';
import type { PrintSize, UpscaleParams } from './params.ts';

/** How a frame becomes the delivered one: enlarged by a whole factor, then reduced (or stretched) to a size. */
export interface Enlargement {
  /** Of the super-resolution net; 1 where none runs. */
  readonly factor: 1 | 2 | 4;
  /** Pixels delivered. */
  readonly target: Size;
}

const CM_PER_INCH = 2.54;
/** A print whose sides fit the frame's this well gets exactly its pixels; the rest of the stretch is invisible. */
const ASPECT_TOLERANCE = 0.005;
const MAX_DELIVERED_PIXELS = 1e9;

/** @throws RequestError where the delivered frame would have more than a thousand megapixels */
export function planEnlargement({ factor, print }: UpscaleParams, { width, height }: Size): Enlargement {
  const target = print
    ? printPixels(print, { width, height })
    : { width: width * factor, height: height * factor };
  const megapixels = Math.round((target.width * target.height) / 1e6);
  if (target.width * target.height > MAX_DELIVERED_PIXELS) {
    throw new RequestError(
      `The delivered photo would have ${megapixels} megapixels`,
      print ? 'Choose a smaller print or fewer dots per inch' : 'Choose a smaller factor',
    );
  }
  if (!print) return { factor, target };
  const scale = Math.max(target.width / width, target.height / height);
  return { factor: scale <= 1 ? 1 : scale <= 2 ? 2 : 4, target };
}

/**
 * Pixels of a print: the paper is turned to the photo's orientation, and the photo fits inside it uncropped and
 * undistorted. A paper of the photo's own aspect gets exactly `cm / 2.54 · dpi` pixels a side.
 */
export function printPixels({ widthCm, heightCm, dpi }: PrintSize, { width, height }: Size): Size {
  const turned = widthCm >= heightCm !== width >= height;
  const paperWidth = ((turned ? heightCm : widthCm) / CM_PER_INCH) * dpi;
  const paperHeight = ((turned ? widthCm : heightCm) / CM_PER_INCH) * dpi;
  const across = paperWidth / width;
  const down = paperHeight / height;
  const fits = Math.abs(across / down - 1) <= ASPECT_TOLERANCE;
  const scale = Math.min(across, down);
  return {
    width: Math.max(1, Math.round(fits ? paperWidth : width * scale)),
    height: Math.max(1, Math.round(fits ? paperHeight : height * scale)),
  };
}
