import { loadOpenCv, withMats } from '../../../support/opencv.ts';
import { createRaster, type Raster } from '../../../../main/imaging/raster.ts';

/**
 * Telea's inpainting by OpenCV (Telea: An Image Inpainting Technique Based on the Fast Marching Method, 2004): the
 * baseline a fill must beat. It continues colors, not texture.
 *
 * @param image u8 RGB
 * @param hole one channel of the same size, not 0 where unknown
 * @param radius neighbourhood, pixels
 */
export async function inpaintTelea(
  image: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  radius = 5,
): Promise<Raster<Uint8Array>> {
  const cv = await loadOpenCv();
  const { width, height } = image;
  return withMats(cv, (own) => {
    const from = own(new cv.Mat(height, width, cv.CV_8UC3));
    const mask = own(new cv.Mat(height, width, cv.CV_8UC1));
    const to = own(new cv.Mat());
    from.data.set(image.data);
    mask.data.set(hole.data.map((value) => (value > 0 ? 255 : 0)));
    cv.inpaint(from, mask, to, radius, cv.INPAINT_TELEA);
    const filled = createRaster('u8', width, height, 3);
    filled.data.set(to.data);
    return filled;
  });
}
