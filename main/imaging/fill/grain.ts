import { randomStream } from '../random.ts';
import type { Raster } from '../raster.ts';
import type { Transfer } from './transfer.ts';

type Picture = Raster<Uint8Array> | Raster<Uint16Array>;

/** Side of the blocks in which grain is measured and laid, pixels. */
const BLOCK = 16;
/** A block with less than this share of the photo's grain gets some. */
const ENOUGH = 0.85;
/** Of the blocks around the hole, the share with the least detail shows the grain alone. */
const PLAIN_SHARE = 0.1;
/** Donors to choose from. */
const MOST_DONORS = 64;

interface Block {
  /** Top-left corner, crop pixels. */
  readonly x: number;
  readonly y: number;
  /** Standard deviation of the fine detail, in levels of the crop's depth. */
  readonly grain: number;
}

/**
 * Gives the parts of a fill that came out too clean (enlarged, or made up from coarse colors) the grain of the photo
 * around the hole: the fine detail of its plainest blocks, each laid down as it is, so that its size and color are
 * the camera's own.
 *
 * @param filled the crop with its hole filled; changed in place, inside the hole only
 * @param holds one byte per crop pixel, not 0 for known background
 */
export function matchGrain(transfer: Transfer, filled: Picture, holds: Uint8Array, seed: number): void {
  const donors = findDonors(transfer, filled, holds);
  if (donors.length === 0) return;
  const wanted = donors[donors.length >> 1]!.grain;
  const random = randomStream(seed ^ 0x9e3779b9);
  const detail = new Float32Array(BLOCK * BLOCK * filled.channels);
  const { rect } = transfer;
  for (let y = rect.y; y < rect.y + rect.height; y += BLOCK) {
    for (let x = rect.x; x < rect.x + rect.width; x += BLOCK) {
      const present = measureGrain(filled, x, y);
      if (present >= ENOUGH * wanted) continue;
      const donor = donors[Math.floor(random() * donors.length)]!;
      readDetail(filled, donor.x, donor.y, detail);
      const gain = Math.sqrt(Math.max(0, 1 - (present / wanted) ** 2));
      addDetail(transfer, filled, x, y, detail, gain);
    }
  }
}

/** The plainest known blocks around the hole, plainest first. */
function findDonors(transfer: Transfer, crop: Picture, holds: Uint8Array): Block[] {
  const { rect } = transfer;
  const margin = Math.max(4 * BLOCK, Math.round(0.25 * Math.max(rect.width, rect.height)));
  const blocks: Block[] = [];
  const right = Math.min(crop.width - BLOCK - 2, rect.x + rect.width + margin);
  const bottom = Math.min(crop.height - BLOCK - 2, rect.y + rect.height + margin);
  for (let y = Math.max(2, rect.y - margin); y <= bottom; y += BLOCK) {
    for (let x = Math.max(2, rect.x - margin); x <= right; x += BLOCK) {
      if (!isKnown(holds, crop.width, x, y) || isClipped(crop, x, y)) continue;
      blocks.push({ x, y, grain: measureGrain(crop, x, y) });
    }
  }
  blocks.sort((a, b) => a.grain - b.grain);
  return blocks.slice(0, Math.min(MOST_DONORS, Math.ceil(PLAIN_SHARE * blocks.length)));
}

/** True where a block and the two pixels around it are known background. */
function isKnown(holds: Uint8Array, width: number, x: number, y: number): boolean {
  for (let by = y - 2; by < y + BLOCK + 2; by++) {
    for (let i = by * width + x - 2; i < by * width + x + BLOCK + 2; i++) if (!holds[i]) return false;
  }
  return true;
}

/** True where a block's corner is black or burnt out: no grain is left there. */
function isClipped({ data, width, channels }: Raster, x: number, y: number): boolean {
  const most = data instanceof Uint8Array ? 255 : 65535;
  for (const at of [y * width + x, (y + BLOCK - 1) * width + x + BLOCK - 1]) {
    const value = data[at * channels + (channels >= 3 ? 1 : 0)]!;
    if (value < 0.02 * most || value > 0.98 * most) return true;
  }
  return false;
}

/** Standard deviation of a block's fine detail in the second channel (green), or the first of a grey picture. */
function measureGrain(picture: Picture, x: number, y: number): number {
  const { width, height, channels, data } = picture;
  const tone = channels >= 3 ? 1 : 0;
  const right = Math.min(width, x + BLOCK);
  const bottom = Math.min(height, y + BLOCK);
  let squares = 0;
  for (let py = y; py < bottom; py++) {
    for (let px = x; px < right; px++) {
      const fine = data[(py * width + px) * channels + tone]! - meanAround(picture, px, py, tone);
      squares += fine * fine;
    }
  }
  return Math.sqrt(squares / Math.max(1, (right - x) * (bottom - y)));
}

/** The fine detail of a block that lies inside the picture: samples less the mean of the 5×5 around them. */
function readDetail(picture: Picture, x: number, y: number, detail: Float32Array): void {
  const { width, channels, data } = picture;
  for (let by = 0, d = 0; by < BLOCK; by++) {
    for (let bx = 0; bx < BLOCK; bx++) {
      for (let c = 0; c < channels; c++, d++) {
        const at = ((y + by) * width + x + bx) * channels + c;
        detail[d] = data[at]! - meanAround(picture, x + bx, y + by, c);
      }
    }
  }
}

/** Mean of the 5×5 samples around a pixel, as far as they lie in the picture. */
function meanAround(
  { width, height, channels, data }: Picture,
  x: number,
  y: number,
  channel: number,
): number {
  const left = x > 2 ? x - 2 : 0;
  const right = x + 2 < width ? x + 2 : width - 1;
  const top = y > 2 ? y - 2 : 0;
  const bottom = y + 2 < height ? y + 2 : height - 1;
  let sum = 0;
  for (let py = top; py <= bottom; py++) {
    let at = (py * width + left) * channels + channel;
    for (let px = left; px <= right; px++, at += channels) sum += data[at]!;
  }
  return sum / ((right - left + 1) * (bottom - top + 1));
}

function addDetail(
  transfer: Transfer,
  filled: Picture,
  x: number,
  y: number,
  detail: Float32Array,
  gain: number,
): void {
  const { rect, inside } = transfer;
  const { width, channels, data } = filled;
  const most = data instanceof Uint8Array ? 255 : 65535;
  for (let by = 0, d = 0; by < BLOCK; by++) {
    for (let bx = 0; bx < BLOCK; bx++, d += channels) {
      const rx = x + bx - rect.x;
      const ry = y + by - rect.y;
      if (rx >= rect.width || ry >= rect.height || inside[ry * rect.width + rx] === 0) continue;
      const at = ((y + by) * width + x + bx) * channels;
      for (let c = 0; c < channels; c++) {
        data[at + c] = Math.min(most, Math.max(0, Math.round(data[at + c]! + gain * detail[d + c]!)));
      }
    }
  }
}
