import { createRaster, type Raster } from '../../main/imaging/raster.ts';
import { resizeRaster } from '../../main/imaging/resize.ts';
import { drawHandMask } from '../support/hand-masks.ts';
import { wholeOf } from '../support/node-context.ts';
import type { Photos } from './photos.ts';
import { type Region, regionRect } from './removal.ts';
import { type Comparison, mean } from './table.ts';

/** Channels of the layout head. */
const CLASSES = ['object', 'floor', 'wall', 'ceiling'] as const;
type Class = (typeof CLASSES)[number];

/** A stretch of the photo of which it is known what it is: u8 at the layout's size. */
interface Known {
  readonly name: string;
  readonly what: Class;
  readonly where: Raster<Uint8Array>;
}

/** Share of the cells of hand-drawn objects, floors and walls that the layout calls so. */
export async function compareLayout(photos: Photos): Promise<Comparison | null> {
  const rows: {
    readonly name: string;
    readonly what: Class;
    readonly ours: number;
    readonly plain: number;
  }[] = [];
  for (const photo of photos.names()) {
    const layout = wholeOf((await photos.encoded(photo)).get('layout'));
    for (const { name, what, where } of await knownParts(photos, photo, layout)) {
      const ours = shareOf(where, what, (i) => CLASSES[strongest(layout, i)]!);
      const plain = shareOf(where, what, (i) =>
        Math.floor(i / layout.width) * 2 < layout.height ? 'wall' : 'floor',
      );
      rows.push({ name, what, ours, plain });
    }
  }
  if (rows.length === 0) return null;
  const kinds = (['object', 'floor', 'wall'] as const).filter((kind) =>
    rows.some((row) => row.what === kind),
  );
  const meanOf = (kind: Class, key: 'ours' | 'plain') =>
    mean(rows.filter((row) => row.what === kind).map((row) => row[key]));
  const [ours, plain] = (['ours', 'plain'] as const).map((key) =>
    mean(kinds.map((kind) => meanOf(kind, key))),
  );
  return {
    title: 'Layout',
    how: 'Share of the cells of hand-drawn objects, empty floors and empty walls that the layout head calls so; the baseline calls the upper half wall and the lower half floor.',
    columns: ['Part', 'is', 'layout', 'halves'],
    rows: [
      ...rows.map((row) => [row.name, row.what, row.ours, row.plain]),
      ...kinds.map((kind) => [`**mean, ${kind}**`, kind, meanOf(kind, 'ours'), meanOf(kind, 'plain')]),
    ],
    digits: 2,
    models: ['starter/scene-encoder'],
    verdict: {
      ours: 'segment.encode layout',
      baseline: 'halves',
      beats: ours! > plain!,
      because: `${(100 * ours!).toFixed(0)} % of cells right, each kind counting alike, against ${(100 * plain!).toFixed(0)} %`,
    },
  };
}

async function knownParts(photos: Photos, photo: string, { width, height }: Raster): Promise<Known[]> {
  const { raster } = await photos.frame(photo);
  const parts: Known[] = [];
  for (const hand of photos.masks().filter((mask) => mask.photo === photo)) {
    const full = await drawHandMask(hand, raster.width, raster.height);
    parts.push({ name: hand.name, what: 'object', where: await resizeRaster(full, width, height, 'linear') });
  }
  for (const region of photos.marked<Region>('removal/regions.json', 'regions')) {
    if (region.photo !== photo || region.is === undefined) continue;
    const where = createRaster('u8', width, height);
    const rect = regionRect(region, { width, height });
    for (let y = rect.y; y < rect.y + rect.height; y++)
      where.data.fill(255, y * width + rect.x, y * width + rect.x + rect.width);
    parts.push({ name: `${photo.replace(/\.[a-z]+$/, '')}, ${region.surface}`, what: region.is, where });
  }
  return parts;
}

function shareOf({ data }: Raster<Uint8Array>, what: Class, called: (cell: number) => Class): number {
  let right = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < 128) continue;
    count++;
    if (called(i) === what) right++;
  }
  return count > 0 ? right / count : Number.NaN;
}

function strongest({ data, channels }: Raster, cell: number): number {
  let best = 0;
  for (let c = 1; c < channels; c++) if (data[cell * channels + c]! > data[cell * channels + best]!) best = c;
  return best;
}
