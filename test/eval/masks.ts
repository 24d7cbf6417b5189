import type { Raster } from '../../main/imaging/raster.ts';
import { RequestError } from '../../main/errors.ts';
import { createRaster } from '../../main/imaging/raster.ts';
import type { Click } from '../../main/pipeline/stages/segment/params.ts';
import { grabCutByClicks, nextClick } from '../support/click-protocol.ts';
import { drawHandMask, type HandMask, overlapOf } from '../support/hand-masks.ts';
import { wholeOf } from '../support/node-context.ts';
import type { Photos } from './photos.ts';
import { type Comparison, mean } from './table.ts';

/** Clicks after which the overlap is written down. */
const AFTER = [1, 3, 5] as const;

/** IoU of the segment stage's selection at photo size, and of GrabCut, each corrected where it is wrong itself. */
export async function compareMasks(photos: Photos): Promise<Comparison | null> {
  const rows: (string | number)[][] = [];
  for (const hand of photos.masks()) {
    const ours = await scoreClicks(photos, hand, (clicks) => selectObject(photos, hand.photo, clicks));
    const frame = await photos.frame(hand.photo);
    const baseline = await scoreClicks(photos, hand, (clicks) => grabCutByClicks(frame, clicks));
    rows.push([hand.name, ...AFTER.flatMap((n) => [ours[n - 1]!, baseline[n - 1]!])]);
  }
  if (rows.length === 0) return null;
  const means = AFTER.flatMap((_, k) => [1, 2].map((c) => mean(rows.map((row) => row[2 * k + c] as number))));
  rows.push(['**mean**', ...means]);
  const [ours = 0, baseline = 0] = means;
  return {
    title: 'Masks',
    how: 'IoU at photo size with masks drawn by hand, after 1, 3 and 5 clicks: the first one is the fixture’s, each further one lies deepest in the larger error of the mask before it.',
    columns: ['Object', ...AFTER.flatMap((n) => [`${n} click${n > 1 ? 's' : ''}`, 'GrabCut'])],
    rows,
    digits: 2,
    models: ['starter/scene-encoder', 'starter/scene-clicks'],
    verdict: {
      ours: 'segment.mask',
      baseline: 'GrabCut',
      beats: ours > baseline,
      because: `one click: IoU ${ours.toFixed(3)} against ${baseline.toFixed(3)}; five: ${means[4]!.toFixed(3)} against ${means[5]!.toFixed(3)}`,
    },
  };
}

async function scoreClicks(
  photos: Photos,
  hand: HandMask,
  select: (clicks: readonly Click[]) => Promise<Raster<Uint8Array>>,
): Promise<number[]> {
  const { width, height } = (await photos.frame(hand.photo)).raster;
  const truth = await drawHandMask(hand, width, height);
  const [x, y] = hand.clicks[0]!;
  const clicks: Click[] = [{ x, y, label: 'include' }];
  const scores: number[] = [];
  while (scores.length < AFTER.at(-1)!) {
    const mask = await select(clicks);
    scores.push(overlapOf(mask, truth));
    const next = await nextClick(truth, mask);
    if (!next) break;
    clicks.push(next);
  }
  while (scores.length < AFTER.at(-1)!) scores.push(scores.at(-1)!);
  return scores;
}

/** The product's selection for clicks, in full; empty where it finds nothing. */
async function selectObject(
  photos: Photos,
  photo: string,
  clicks: readonly Click[],
): Promise<Raster<Uint8Array>> {
  const frame = await photos.frame(photo);
  const encoded = await photos.encoded(photo);
  const inputs = {
    features: encoded.get('features'),
    featuresLow: encoded.get('features_low'),
    layout: encoded.get('layout'),
  };
  try {
    const params = { clicks, box: null, edges: 1, proposal: 'auto' };
    const { written } = await photos.run('segment.mask', { params, frame, inputs });
    return wholeOf(written.get('selection')) as Raster<Uint8Array>;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return createRaster('u8', frame.raster.width, frame.raster.height);
  }
}
