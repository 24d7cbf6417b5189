import { RequestError } from '../errors.ts';
import type { Click } from '../pipeline/stages/segment/params.ts';

/** One coordinate as typed: pixels of the upright photo, or percent of its width or height. */
export interface Coordinate {
  readonly value: number;
  readonly unit: 'px' | '%';
}

/** The size that percentages refer to, photo pixels. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** `720,2000` or `46%,62%`; throws RequestError naming the flag. */
export function parsePoint(text: string, flag: string): [Coordinate, Coordinate] {
  const [x, y, ...rest] = parseCoordinates(text, flag);
  if (!x || !y || rest.length > 0) throw malformed(text, flag, 'X,Y');
  return [x, y];
}

/** `X0,Y0,X1,Y1` in pixels or percent. */
export function parseBox(text: string): [Coordinate, Coordinate, Coordinate, Coordinate] {
  const [x0, y0, x1, y1, ...rest] = parseCoordinates(text, '--box');
  if (!x0 || !y0 || !x1 || !y1 || rest.length > 0) throw malformed(text, '--box', 'X0,Y0,X1,Y1');
  return [x0, y0, x1, y1];
}

/** A click in photo pixels; throws RequestError where it lies outside the photo. */
export function resolveClick(
  [x, y]: readonly [Coordinate, Coordinate],
  size: PhotoSize,
  label: Click['label'],
): Click {
  const click = { x: resolve(x, size.width), y: resolve(y, size.height), label };
  if (click.x < 0 || click.y < 0 || click.x >= size.width || click.y >= size.height) {
    throw new RequestError(
      `The click at ${click.x},${click.y} is outside the photo`,
      `The photo is ${size.width} × ${size.height} pixels; click inside it`,
    );
  }
  return click;
}

/** A box in photo pixels, its corners in order; throws RequestError where it lies outside the photo or is empty. */
export function resolveBox(
  box: ReturnType<typeof parseBox>,
  size: PhotoSize,
): { x0: number; y0: number; x1: number; y1: number } {
  const xs = [resolve(box[0], size.width), resolve(box[2], size.width)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const ys = [resolve(box[1], size.height), resolve(box[3], size.height)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const inside = xs[0] >= 0 && ys[0] >= 0 && xs[1] <= size.width && ys[1] <= size.height;
  if (!inside || xs[0] === xs[1] || ys[0] === ys[1]) {
    throw new RequestError(
      `The box ${xs[0]},${ys[0]},${xs[1]},${ys[1]} ${inside ? 'is empty' : 'reaches outside the photo'}`,
      `The photo is ${size.width} × ${size.height} pixels; give two opposite corners inside it`,
    );
  }
  return { x0: xs[0], y0: ys[0], x1: xs[1], y1: ys[1] };
}

/** `60x40cm@300`: centimetres and dots per inch. */
export function parsePrint(text: string): { widthCm: number; heightCm: number; dpi: number } {
  const match = /^(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)cm@(\d+(?:\.\d+)?)(?:dpi)?$/i.exec(text.trim());
  if (!match) throw malformed(text, '--print', 'WIDTHxHEIGHTcm@DPI, for example 60x40cm@300');
  return { widthCm: Number(match[1]), heightCm: Number(match[2]), dpi: Number(match[3]) };
}

function parseCoordinates(text: string, flag: string): Coordinate[] {
  return text.split(',').map((part) => {
    const match = /^\s*(-?\d+(?:\.\d+)?)\s*(%|px)?\s*$/.exec(part);
    if (!match) throw malformed(text, flag, 'numbers of pixels or percentages');
    return { value: Number(match[1]), unit: match[2] === '%' ? '%' : 'px' };
  });
}

function resolve({ value, unit }: Coordinate, extent: number): number {
  return unit === 'px'
    ? value
    : Math.min((value / 100) * extent, value === 100 ? extent - 1 : Number.POSITIVE_INFINITY);
}

function malformed(text: string, flag: string, form: string): RequestError {
  return new RequestError(`${flag} cannot be "${text}"`, `Write it as ${form}`);
}
