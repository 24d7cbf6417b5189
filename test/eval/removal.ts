import { deltaE2000, srgbToLab } from '../../main/imaging/color/lab.ts';
import type { Rect } from '../../main/imaging/geometry.ts';
import { createRaster, type Raster } from '../../main/imaging/raster.ts';
import { toSrgb8 } from '../../main/imaging/srgb.ts';
import { cropRaster, type Size } from '../../main/imaging/window.ts';
import type { WindowedRaster } from '../../main/pipeline/node.ts';
import { inpaintTelea } from '../unit/imaging/fill/telea.ts';
import type { Photos } from './photos.ts';
import { type Comparison, mean } from './table.ts';

export interface Region {
  readonly photo: string;
  readonly surface: string;
  /** What the layout should call it; left out where it is several. */
  readonly is?: 'floor' | 'wall';
  /** Corners in percent of the upright photo: left, top, right, bottom. */
  readonly rect: readonly [number, number, number, number];
}

/** What the hole's gradient energy may be of the photo's own there: blur has less, noise and seams have more. */
const NATURAL = [0.6, 1.6] as const;
/** Width of the ring around a hole, as a share of the hole's shorter side. */
const RING = 0.2;
/** Side of the squares whose mean colors are compared, as a share of the hole's shorter side. */
const TONE = 1 / 8;
/** What of the photo is kept around a region: its margin, as a share of its longer side. */
const CONTEXT = 0.35;

interface Scores {
  readonly psnr: number;
  readonly deltaE: number;
  /** The same after both are smoothed: light and color without texture. */
  readonly tone: number;
  /** Gradient energy in the hole over that in its ring. */
  readonly gradient: number;
}

interface Scored {
  readonly region: Region;
  readonly ours: Scores;
  readonly telea: Scores;
  /** The photo itself in the hole: what the gradient should be. */
  readonly photo: Scores;
}

/** The clean plate over stretches of empty floor and wall, where the photo itself is the truth, and Telea's. */
export async function compareRemoval(photos: Photos): Promise<Comparison | null> {
  const regions = photos.marked<Region>('removal/regions.json', 'regions');
  if (regions.length === 0) return null;
  const all: Scored[] = [];
  for (const region of regions) all.push({ region, ...(await scoreRegion(photos, region)) });
  const isNatural = (gradient: number) => gradient >= NATURAL[0] && gradient <= NATURAL[1];
  const count = (of: 'ours' | 'telea') =>
    all.filter((entry) => isNatural(entry[of].gradient / entry.photo.gradient)).length;
  const average = (of: 'ours' | 'telea', key: keyof Scores) => mean(all.map((entry) => entry[of][key]));
  const [kept, keptByTelea] = [count('ours'), count('telea')];
  return {
    title: 'Removal',
    how: `A rectangle of empty floor or wall is removed and compared with what was there: PSNR (dB), CIEDE2000 of the colours, the same of the means over squares of an eighth of the hole (tone), and gradient energy over that of its ring, beside what it was in the photo (${NATURAL[0]} to ${NATURAL[1]} of that counts as natural; blur has less). A texture made up anew never meets the old one pixel by pixel, so PSNR favours blur.`,
    columns: ['Region', 'PSNR', 'Telea', 'ΔE', 'Telea', 'tone ΔE', 'Telea', 'gradient', 'Telea', 'photo'],
    rows: [
      ...all.map(({ region, ours, telea, photo }) => [
        `${region.photo.replace(/\.[a-z]+$/, '')}, ${region.surface}`,
        ...(['psnr', 'deltaE', 'tone', 'gradient'] as const).flatMap((key) => [ours[key], telea[key]]),
        photo.gradient,
      ]),
      [
        '**mean**',
        ...(['psnr', 'deltaE', 'tone', 'gradient'] as const).flatMap((key) => [
          average('ours', key),
          average('telea', key),
        ]),
        mean(all.map((entry) => entry.photo.gradient)),
      ],
    ],
    digits: 2,
    models: [],
    verdict: {
      ours: 'inpaint.plate',
      baseline: 'Telea',
      beats: kept > keptByTelea && average('ours', 'psnr') > average('telea', 'psnr'),
      because: `${average('ours', 'psnr').toFixed(1)} dB against ${average('telea', 'psnr').toFixed(1)}; natural texture in ${kept} of ${all.length} regions against ${keptByTelea}; ΔE ${average('ours', 'deltaE').toFixed(1)} against ${average('telea', 'deltaE').toFixed(1)}, of the tones alone ${average('ours', 'tone').toFixed(1)} against ${average('telea', 'tone').toFixed(1)}`,
    },
  };
}

async function scoreRegion(photos: Photos, region: Region): Promise<Omit<Scored, 'region'>> {
  const { photo } = region;
  const frame = await photos.frame(photo);
  const { width, height } = frame.raster;
  const hole = regionRect(region, { width, height });
  const { raster, window } = await removeRegion(photos, photo, hole);
  const info = { ...frame.info, width: raster.width, height: raster.height };
  const filled = await toSrgb8({ ...frame, info, raster: raster as typeof frame.raster });
  const before = await toSrgb8({
    ...frame,
    info,
    raster: cropRaster(frame.raster as Raster<Uint8Array>, window.rect),
  });
  const inside = { ...hole, x: hole.x - window.rect.x, y: hole.y - window.rect.y };
  const mask = createRaster('u8', before.width, before.height);
  for (let y = inside.y; y < inside.y + inside.height; y++)
    mask.data.fill(255, y * mask.width + inside.x, y * mask.width + inside.x + inside.width);
  const telea = await inpaintTelea(before, mask);
  return {
    ours: score(filled, before, inside),
    telea: score(telea, before, inside),
    photo: score(before, before, inside),
  };
}

/** A region in whole pixels of a picture of the photo. */
export function regionRect({ rect }: Region, { width, height }: Size): Rect {
  const [left, right] = [rect[0], rect[2]].map((share) => Math.round((share * width) / 100)) as [
    number,
    number,
  ];
  const [top, bottom] = [rect[1], rect[3]].map((share) => Math.round((share * height) / 100)) as [
    number,
    number,
  ];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The product's clean plate: encode, depth and floor as for a replacement, the region as the mask. */
async function removeRegion(photos: Photos, photo: string, hole: Rect): Promise<WindowedRaster> {
  const frame = await photos.frame(photo);
  const { width, height } = frame.raster;
  const encoded = await photos.encoded(photo);
  const layout = encoded.get('layout');
  const estimate = { disparity: encoded.get('disparity'), layout };
  const depth = await photos.run('depth.estimate', { params: { invert: false }, frame, inputs: estimate });
  const floor = await photos.run('depth.floor', {
    params: { floor: 'auto' },
    frame,
    inputs: { depth: depth.written.get('depth'), layout },
  });
  const full = createRaster('u8', hole.width, hole.height);
  full.data.fill(255);
  const mask = { raster: full, window: { width, height, rect: hole, background: 'zero' as const } };
  const { written } = await photos.run('inpaint.plate', {
    params: { seed: 0, context: CONTEXT },
    frame,
    inputs: { mask, floor: floor.written.get('floor'), layout },
  });
  const plate = written.get('plate');
  if (!plate || !('raster' in plate)) throw new TypeError('Expected inpaint.plate to write a plate');
  return plate;
}

/** @param inside the hole in pixels of both pictures (u8 sRGB) */
function score(filled: Raster<Uint8Array>, truth: Raster<Uint8Array>, inside: Rect): Scores {
  let squares = 0;
  let difference = 0;
  const lab = ({ data }: Raster<Uint8Array>, i: number) =>
    srgbToLab(data[i]! / 255, data[i + 1]! / 255, data[i + 2]! / 255);
  for (let y = inside.y; y < inside.y + inside.height; y++) {
    for (let x = inside.x; x < inside.x + inside.width; x++) {
      const i = (y * truth.width + x) * 3;
      for (let c = 0; c < 3; c++) squares += (filled.data[i + c]! - truth.data[i + c]!) ** 2;
      difference += deltaE2000(lab(filled, i), lab(truth, i));
    }
  }
  const count = inside.width * inside.height;
  const margin = Math.max(4, Math.round(RING * Math.min(inside.width, inside.height)));
  return {
    psnr: 10 * Math.log10((255 * 255) / Math.max(1e-6, squares / (3 * count))),
    deltaE: difference / count,
    tone: compareTones(filled, truth, inside),
    gradient: energyOf(filled, inside, 0) / Math.max(1e-6, energyOf(truth, inside, margin)),
  };
}

/** Mean CIEDE2000 between the mean colors of squares with an eighth of the hole's shorter side. */
function compareTones(filled: Raster<Uint8Array>, truth: Raster<Uint8Array>, inside: Rect): number {
  const side = Math.max(4, Math.round(Math.min(inside.width, inside.height) * TONE));
  const meanOf = ({ data, width }: Raster<Uint8Array>, left: number, top: number, channel: number) => {
    let sum = 0;
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++) sum += data[(y * width + x) * 3 + channel]!;
    return sum / (side * side * 255);
  };
  const differences: number[] = [];
  for (let y = inside.y; y + side <= inside.y + inside.height; y += side) {
    for (let x = inside.x; x + side <= inside.x + inside.width; x += side) {
      const [a, b] = [filled, truth].map((picture) =>
        srgbToLab(meanOf(picture, x, y, 0), meanOf(picture, x, y, 1), meanOf(picture, x, y, 2)),
      );
      differences.push(deltaE2000(a!, b!));
    }
  }
  return mean(differences);
}

/** Mean squared step of luma inside a rectangle, or in the ring of that margin around it. */
function energyOf({ width, height, data }: Raster<Uint8Array>, inside: Rect, margin: number): number {
  const luma = (x: number, y: number) => {
    const i = (y * width + x) * 3;
    return 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
  };
  const [right, bottom] = [inside.x + inside.width, inside.y + inside.height];
  let sum = 0;
  let count = 0;
  for (let y = Math.max(0, inside.y - margin); y < Math.min(height - 1, bottom + margin); y++) {
    for (let x = Math.max(0, inside.x - margin); x < Math.min(width - 1, right + margin); x++) {
      const within = x >= inside.x && x < right && y >= inside.y && y < bottom;
      if (within === margin > 0) continue;
      sum += (luma(x + 1, y) - luma(x, y)) ** 2 + (luma(x, y + 1) - luma(x, y)) ** 2;
      count++;
    }
  }
  return sum / Math.max(1, count);
}
