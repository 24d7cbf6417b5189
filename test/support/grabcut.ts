import { type OpenCv, withMats } from './opencv.ts';
import type { Raster } from '../../main/imaging/raster.ts';

/** GrabCut's labels (OpenCV's GC_*): the first two are kept as they are, the others may change sides. */
export const grabCutLabel = { background: 0, foreground: 1, maybeBackground: 2, maybeForeground: 3 } as const;

/**
 * GrabCut (Rother, Kolmogorov, Blake 2004; OpenCV's): moves the undecided pixels of a trimap to the side whose colours
 * they share, with the cut along edges. OpenCV's random numbers are seeded, so equal input gives equal output.
 * @param rgb u8, 3 channels
 * @param trimap one of `grabCutLabel` per pixel; needs some of the foreground's and some of the background's
 * @returns 1 foreground, 0 background per pixel; the trimap's own division where one side is empty
 */
export function runGrabCut(
  cv: OpenCv,
  rgb: Raster<Uint8Array>,
  trimap: Uint8Array,
  iterations: number,
): Uint8Array {
  const { width, height } = rgb;
  if (rgb.channels !== 3) throw new TypeError(`Expected 3 channels but received ${rgb.channels}`);
  const division = trimap.map((label) => label & 1);
  if (!division.includes(1) || !division.includes(0)) return division;
  return withMats(cv, (own) => {
    const image = own(new cv.Mat(height, width, cv.CV_8UC3));
    image.data.set(rgb.data);
    const mask = own(new cv.Mat(height, width, cv.CV_8UC1));
    mask.data.set(trimap);
    const background = own(new cv.Mat());
    const foreground = own(new cv.Mat());
    cv.setRNGSeed(1);
    const everything = new cv.Rect(0, 0, width, height);
    cv.grabCut(image, mask, everything, background, foreground, iterations, cv.GC_INIT_WITH_MASK);
    return Uint8Array.from(mask.data, (label) => label & 1);
  });
}
