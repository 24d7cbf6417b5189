import { describe, expect, it } from 'vitest';
import type { LineSegment } from '../../../main/imaging/line-segments.ts';
import { focalFromFieldOfView } from '../../../main/placement/camera.ts';
import { createFloorPlane, roomToPhoto, type FloorPlane } from '../../../main/placement/floor-plane.ts';
import { findVanishingPoints } from '../../../main/placement/vanishing-points.ts';

const width = 900;
const height = 600;

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

interface Shot {
  readonly fieldOfView: number;
  readonly horizon: number;
  readonly roll: number;
  readonly heading: number;
  readonly principalY?: number;
}

function planeOf(shot: Shot): FloorPlane {
  return createFloorPlane({
    width,
    height,
    focal: focalFromFieldOfView(width, shot.fieldOfView),
    horizon: shot.horizon,
    roll: shot.roll,
    principal: { x: width / 2, y: shot.principalY ?? height / 2 },
    confidence: 1,
    source: 'user',
  });
}

/** Edges of boxes that stand square to the walls, shaken by half a pixel, among as many lines that mean nothing. */
function photographBoxes(shot: Shot, seed: number): LineSegment[] {
  const random = randomFrom(seed);
  const plane = planeOf(shot);
  const segments: LineSegment[] = [];
  const shake = () => random() - 0.5;
  for (let box = 0; box < 14; box++) {
    const at = { x: 6 * random() - 3, y: 2.2 * random(), z: 2.5 + 4 * random() };
    const size = [0.4 + random(), 0.3 + 0.6 * random(), 0.4 + random()] as const;
    for (let axis = 0; axis < 3; axis++) {
      for (const [i, k] of [
        [0, 0],
        [0, 1],
        [1, 0],
      ] as const) {
        const corner = (t: number) => {
          const [u, v, w] = axis === 0 ? [t, i, k] : axis === 1 ? [i, t, k] : [i, k, t];
          const [dx, dy, dz] = [u! * size[0], v! * size[1], w! * size[2]];
          const [c, s] = [Math.cos(shot.heading), Math.sin(shot.heading)];
          return roomToPhoto(plane, { x: at.x + dx * c + dz * s, y: at.y + dy, z: at.z - dx * s + dz * c });
        };
        const [a, b] = [corner(0), corner(1)];
        if (a && b)
          segments.push({ x1: a.x + shake(), y1: a.y + shake(), x2: b.x + shake(), y2: b.y + shake() });
      }
    }
  }
  const visible = segments.filter(
    (s) => s.x1 > 0 && s.x1 < width && s.y1 > 0 && s.y1 < height && Math.hypot(s.x2 - s.x1, s.y2 - s.y1) > 15,
  );
  const clutter = visible.map(() => {
    const [x, y, angle, length] = [
      random() * width,
      random() * height,
      random() * Math.PI,
      15 + 25 * random(),
    ];
    return { x1: x, y1: y, x2: x + length * Math.cos(angle), y2: y + length * Math.sin(angle) };
  });
  return [...visible, ...clutter];
}

describe('findVanishingPoints', () => {
  it.each<[string, Shot]>([
    ['a phone that looks a little down', { fieldOfView: 69, horizon: 230, roll: 0.02, heading: 0.5 }],
    ['a long lens', { fieldOfView: 50, horizon: 210, roll: -0.02, heading: 0.75 }],
    ['a wide lens, one wall almost frontal', { fieldOfView: 80, horizon: 250, roll: 0, heading: 0.15 }],
    [
      'straightened verticals with the horizon off the centre',
      { fieldOfView: 72, horizon: 222, roll: 0, heading: 0.6, principalY: 222 },
    ],
  ])('finds focal length and horizon of %s', (_name, shot) => {
    const found = findVanishingPoints(photographBoxes(shot, 7), width, height)!;
    const truth = planeOf(shot);
    expect(Math.abs(found.camera.focal / truth.focal - 1)).toBeLessThan(0.05);
    expect(Math.abs(found.horizon - shot.horizon)).toBeLessThan(0.01 * height);
    expect(Math.abs(found.camera.roll - shot.roll)).toBeLessThan(0.01);
    expect(Math.abs(found.camera.heading - shot.heading)).toBeLessThan(0.03);
    expect(found.confidence).toBeGreaterThan(0.5);
  });

  it('gives the same answer for the same segments', () => {
    const segments = photographBoxes({ fieldOfView: 65, horizon: 260, roll: 0, heading: 0.4 }, 3);
    expect(findVanishingPoints(segments, width, height)).toEqual(
      findVanishingPoints(segments, width, height),
    );
  });

  it('keeps a focal length that is known', () => {
    const shot: Shot = { fieldOfView: 60, horizon: 250, roll: 0, heading: 0.02 };
    const focal = focalFromFieldOfView(width, 60);
    const found = findVanishingPoints(photographBoxes(shot, 11), width, height, { focal })!;
    expect(Math.abs(found.camera.focal / focal - 1)).toBeLessThan(0.03);
  });

  it('is not sure of lines that agree on nothing, and silent about too few', () => {
    const random = randomFrom(5);
    const scribble = Array.from({ length: 150 }, () => {
      const [x, y, angle] = [random() * width, random() * height, random() * Math.PI];
      return { x1: x, y1: y, x2: x + 25 * Math.cos(angle), y2: y + 25 * Math.sin(angle) };
    });
    const found = findVanishingPoints(scribble, width, height)!;
    const honest = findVanishingPoints(
      photographBoxes({ fieldOfView: 65, horizon: 260, roll: 0, heading: 0.4 }, 3),
      width,
      height,
    )!;
    expect(found.support).toBeLessThan(0.7 * honest.support);
    expect(findVanishingPoints(scribble.slice(0, 8), width, height)).toBeNull();
  });

  it('pays no attention to a frame around the picture', () => {
    const shot: Shot = { fieldOfView: 65, horizon: 200, roll: 0.01, heading: 0.5 };
    const frame = [4, 596].map((y) => ({ x1: 10, y1: y, x2: 890, y2: y }));
    const segments = photographBoxes(shot, 13);
    expect(findVanishingPoints([...segments, ...frame], width, height)).toEqual(
      findVanishingPoints(segments, width, height),
    );
  });
});
