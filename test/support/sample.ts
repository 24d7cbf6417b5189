import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The bundled sample and where its sofa is. */
export const sample = {
  photo: fileURLToPath(new URL('../../assets/samples/living-room.jpg', import.meta.url)),
  note: fileURLToPath(new URL('../../assets/samples/living-room.json', import.meta.url)),
};

/** Real photos that are not part of the product; tests that need them skip where the folder is missing. */
export const realPhotos = fileURLToPath(new URL('../../../shared/photos/', import.meta.url));
export const hasRealPhotos = existsSync(realPhotos);

/** The sample reduced to `width` px as a JPEG file at `path`; gives the sofa's click in its pixels. */
export async function writeSmallSample(path: string, width: number): Promise<{ x: number; y: number }> {
  const { clicks } = JSON.parse(await readFile(sample.note, 'utf8')) as { clicks: [number, number][] };
  const [x = 0, y = 0] = clicks[0] ?? [];
  const image = sharp(sample.photo);
  const { width: full = 1 } = await image.metadata();
  await image.resize(width).jpeg({ quality: 92 }).toFile(path);
  const scale = width / full;
  return { x: Math.round(x * scale), y: Math.round(y * scale) };
}
