import type { MaskWindow } from '../../../main/imaging/window.ts';
import { sharp } from '../../../main/imaging/vips.ts';

type Point = { readonly x: number; readonly y: number };

/** The convex hulls of some groups of points as a whole-photo mask, antialiased. */
export async function maskOfPolygons(
  width: number,
  height: number,
  groups: readonly (readonly Point[])[],
): Promise<MaskWindow> {
  const paths = groups.map(
    (points) =>
      `<path d="M${hull(points)
        .map((p) => `${p.x} ${p.y}`)
        .join('L')}Z" fill="white"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/>${paths.join('')}</svg>`;
  const data = await sharp(Buffer.from(svg)).extractChannel(0).raw().toBuffer();
  const raster = { width, height, channels: 1, data: new Uint8Array(data) };
  return { raster, rect: { x: 0, y: 0, width, height } };
}

/** Convex hull by gift wrapping. */
function hull(points: readonly Point[]): Point[] {
  const start = points.reduce((a, b) => (b.x < a.x || (b.x === a.x && b.y < a.y) ? b : a));
  const out: Point[] = [];
  for (let at = start; out.length < points.length; ) {
    out.push(at);
    let next = points.find((p) => p !== at)!;
    for (const p of points) {
      const turn = (next.x - at.x) * (p.y - at.y) - (next.y - at.y) * (p.x - at.x);
      if (p !== at && turn < 0) next = p;
    }
    if (next === start) break;
    at = next;
  }
  return out;
}
