import { readFileSync, readdirSync } from 'node:fs';
import type { Raster } from '../../main/imaging/raster.ts';
import { sharp } from '../../main/imaging/vips.ts';

const fixtures = new URL('../fixtures/real/', import.meta.url);
/** An object of a real photo, outlined by hand. */
export interface HandMask {
  readonly name: string;
  /** File name in the photos' folder. */
  readonly photo: string;
  /** Clicks on the object, photo px. */
  readonly clicks: readonly (readonly [number, number])[];
  readonly polygon: readonly Outline[];
  readonly holes: readonly Outline[];
}

type Outline = readonly (readonly [number, number])[];

/** All outlined objects, by name. */
export function readHandMasks(): HandMask[] {
  return readdirSync(fixtures)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      ...JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')),
      name: file.slice(0, -5),
    }));
}

/** The outlines filled: u8, 255 inside, at photo size. */
export async function drawHandMask(
  mask: HandMask,
  width: number,
  height: number,
): Promise<Raster<Uint8Array>> {
  const path = (outline: Outline) => `<path d="M${outline.map((p) => p.join(' ')).join('L')}Z"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/><g fill="#fff">${mask.polygon.map(path).join('')}</g><g>${mask.holes.map(path).join('')}</g></svg>`;
  const data = await sharp(Buffer.from(svg), { unlimited: true }).extractChannel(0).raw().toBuffer();
  return { width, height, channels: 1, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** Intersection over union of two masks of one size, inside from 128 on. */
export function overlapOf(a: Raster, b: Raster): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [inA, inB] = [a.data[i]! >= 128, b.data[i]! >= 128];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either > 0 ? both / either : 1;
}
