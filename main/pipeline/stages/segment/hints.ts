import type { Rect } from '../../../imaging/geometry.ts';
import type { Seeds } from './divide-object.ts';
import type { Box, Click } from './params.ts';

/** Radius around a click within which the object is likelier than not, of the photo's long side. */
const NEAR = 0.1;
/** What a click's nearness is worth, in logits, and how steeply it falls off at the radius. */
const NEARNESS = 0.6;
const STEEPNESS = 2.5;
/** From this distance to every include click on, of the photo's long side, a click loses its reach … */
const REACH = 0.25;
/** … at so many logits per such distance. */
const LOSS = 3;
/** What lying inside a box is worth at its middle, and what lying outside costs. */
const IN_BOX = 1.2;
const OUT_OF_BOX = 20;
/** How far beyond the box the object may go, of its longer side. */
const BOX_SLACK = 0.04;
/** Radius around a click that is certain, of the picture's long side. */
const CERTAIN = 0.015;

/** A picture laid over a rectangle of the photo. */
export interface Laid {
  readonly rect: Rect;
  readonly width: number;
  readonly height: number;
}

/**
 * What clicks and box say by themselves, without net or colour: logits at every pixel of a picture. Weak near the
 * clicks, so that any evidence outweighs it, firm beyond their reach.
 * @param longSide of the photo, px
 */
export function logitsOfHints(
  at: Laid,
  clicks: readonly Click[],
  box: Box | null,
  longSide: number,
): Float32Array {
  const logits = new Float32Array(at.width * at.height);
  const include = clicks.filter((click) => click.label === 'include');
  const exclude = clicks.filter((click) => click.label === 'exclude');
  const near = NEAR * longSide;
  for (let y = 0, i = 0; y < at.height; y++) {
    const py = at.rect.y + ((y + 0.5) * at.rect.height) / at.height;
    for (let x = 0; x < at.width; x++, i++) {
      const px = at.rect.x + ((x + 0.5) * at.rect.width) / at.width;
      let value = 0;
      if (include.length > 0) {
        const distance = distanceTo(include, px, py);
        value += NEARNESS * Math.tanh(STEEPNESS * (1 - distance / near));
        if (!box) value -= LOSS * Math.max(0, distance / (REACH * longSide) - 1);
      }
      if (exclude.length > 0) {
        const distance = distanceTo(exclude, px, py);
        if (distance < near) value -= NEARNESS * Math.tanh(STEEPNESS * (1 - distance / near));
      }
      if (box) value += boxLogit(box, px, py);
      logits[i] = value;
    }
  }
  return logits;
}

function distanceTo(points: readonly Click[], x: number, y: number): number {
  let least = Infinity;
  for (const point of points) {
    const square = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (square < least) least = square;
  }
  return Math.sqrt(least);
}

function boxLogit(box: Box, x: number, y: number): number {
  const slack = BOX_SLACK * Math.max(box.x1 - box.x0, box.y1 - box.y0);
  const out = Math.max(
    Math.abs(x - (box.x0 + box.x1) / 2) / ((box.x1 - box.x0) / 2 + slack),
    Math.abs(y - (box.y0 + box.y1) / 2) / ((box.y1 - box.y0) / 2 + slack),
  );
  return out > 1 ? -OUT_OF_BOX : IN_BOX * (1 - out ** 4);
}

/** The clicks in pixels of a picture; `scale` shrinks what is certain around them. */
export function seedsOf(at: Laid, clicks: readonly Click[], scale = 1): Seeds {
  const place = (label: Click['label']) =>
    clicks
      .filter((click) => click.label === label)
      .map(({ x, y }) => ({
        x: ((x - at.rect.x) * at.width) / at.rect.width,
        y: ((y - at.rect.y) * at.height) / at.rect.height,
      }));
  return {
    include: place('include'),
    exclude: place('exclude'),
    radius: CERTAIN * scale * Math.max(at.width, at.height),
  };
}
