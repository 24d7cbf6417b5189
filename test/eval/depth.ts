import type { FloorPlane } from '../../main/placement/floor-plane.ts';
import { jsonOf, wholeOf } from '../support/node-context.ts';
import type { Photos } from './photos.ts';
import { type Comparison, mean } from './table.ts';

interface Points {
  readonly photo: string;
  /** x and y in percent of the upright photo, distance in metres by eye. */
  readonly points: readonly (readonly [number, number, number])[];
}

interface Horizon {
  readonly photo: string;
  /** Share of the photo's height at its middle column. */
  readonly horizon: number;
  readonly rollDegrees: number;
}

/** Distances whose ratio is below this count as equal. */
const RATIO = 1.25;
/** The horizon that stands for knowing nothing: a level camera. */
const LEVEL = 0.5;

/** Pairs of points that the depth map orders as the eye does, and a plain gradient (lower in the photo is nearer). */
export async function compareDepth(photos: Photos): Promise<Comparison | null> {
  const marked = photos.marked<Points>('depth/points.json', 'photos');
  if (marked.length === 0) return null;
  const rows: (string | number)[][] = [];
  const sums = { ours: 0, net: 0, plain: 0, pairs: 0 };
  for (const { photo, points } of marked) {
    const encoded = await photos.encoded(photo);
    const disparity = encoded.get('disparity');
    const { written } = await photos.run('depth.estimate', {
      params: { invert: false },
      frame: await photos.frame(photo),
      inputs: { disparity, layout: encoded.get('layout') },
    });
    const read =
      ({ width, height, data }: ReturnType<typeof wholeOf>) =>
      (x: number, y: number) =>
        data[
          Math.min(height - 1, Math.floor((y / 100) * height)) * width +
            Math.min(width - 1, Math.floor((x / 100) * width))
        ]!;
    const ours = countOrdered(points, read(wholeOf(written.get('depth'))));
    const net = countOrdered(points, read(wholeOf(disparity)));
    const plain = countOrdered(points, (_, y) => y);
    rows.push([
      photo,
      ours.right / ours.pairs,
      net.right / net.pairs,
      plain.right / plain.pairs,
      `${ours.pairs}`,
    ]);
    sums.ours += ours.right;
    sums.net += net.right;
    sums.plain += plain.right;
    sums.pairs += ours.pairs;
  }
  const [ours, net, plain] = [sums.ours / sums.pairs, sums.net / sums.pairs, sums.plain / sums.pairs];
  rows.push(['**all pairs**', ours, net, plain, `${sums.pairs}`]);
  return {
    title: 'Depth',
    how: `Pairs of points whose distances (by eye) differ by a factor of ${RATIO} or more, ordered right; the net alone beside the product’s depth, which ties it to the floor plane and to edges.`,
    columns: ['Photo', 'depth.estimate', 'net alone', 'gradient', 'pairs'],
    rows,
    digits: 3,
    models: ['starter/scene-encoder'],
    verdict: {
      ours: 'depth.estimate',
      baseline: 'vertical gradient',
      beats: ours > plain,
      because: `${(100 * ours).toFixed(1)} % of ${sums.pairs} pairs against ${(100 * plain).toFixed(1)} %`,
    },
  };
}

function countOrdered(
  points: Points['points'],
  nearness: (x: number, y: number) => number,
): { right: number; pairs: number } {
  let right = 0;
  let pairs = 0;
  for (const [ax, ay, near] of points) {
    for (const [bx, by, far] of points) {
      if (far < RATIO * near) continue;
      pairs++;
      if (nearness(ax, ay) > nearness(bx, by)) right++;
    }
  }
  return { right, pairs };
}

/** How far the floor plane's horizon lies from one found by hand. */
export async function compareFloor(photos: Photos): Promise<Comparison | null> {
  const marked = photos.marked<Horizon>('depth/horizons.json', 'photos');
  if (marked.length === 0) return null;
  const rows: (string | number)[][] = [];
  for (const { photo, horizon, rollDegrees } of marked) {
    const encoded = await photos.encoded(photo);
    const frame = await photos.frame(photo);
    const layout = encoded.get('layout');
    const inputs = { disparity: encoded.get('disparity'), layout };
    const estimate = await photos.run('depth.estimate', { params: { invert: false }, frame, inputs });
    const { written } = await photos.run('depth.floor', {
      params: { floor: 'auto' },
      frame,
      inputs: { depth: estimate.written.get('depth'), layout },
    });
    const plane = jsonOf<FloorPlane>(written.get('floor'));
    const off = 100 * Math.abs(plane.horizon / plane.height - horizon);
    const rollOff = Math.abs((plane.roll * 180) / Math.PI - rollDegrees);
    rows.push([photo, off, 100 * Math.abs(LEVEL - horizon), rollOff, Math.abs(rollDegrees)]);
  }
  const means = [1, 2, 3, 4].map((k) => mean(rows.map((row) => row[k] as number)));
  rows.push(['**mean**', ...means]);
  const [ours = 0, level = 0] = means;
  return {
    title: 'Floor plane',
    how: 'Distance of the horizon from one drawn by hand, in percent of the photo’s height, and of the roll in degrees; the baseline is a level camera with its horizon in the middle.',
    columns: ['Photo', 'horizon off', 'level camera', 'roll off', 'level camera'],
    rows,
    digits: 2,
    models: ['starter/scene-encoder'],
    verdict: {
      ours: 'depth.floor',
      baseline: 'level camera',
      beats: ours < level,
      because: `horizon off by ${ours.toFixed(1)} % of the height against ${level.toFixed(1)} %`,
    },
  };
}
