import { beforeAll, describe, expect, it } from 'vitest';
import { loadView, type Piece, type PieceFiles } from '../../../main/placement/catalogue.ts';
import { createFloorPlane } from '../../../main/placement/floor-plane.ts';
import { applyHomography } from '../../../main/placement/homography.ts';
import { poseProjection, project } from '../../../main/placement/projection.ts';
import { chooseView, sightAngles } from '../../../main/placement/view.ts';
import { fitViewWarp, surfacePoints } from '../../../main/placement/view-warp.ts';
import { fakeCatalogue } from './fake-catalogue.ts';

let files: PieceFiles;
let chair: Piece;

beforeAll(async () => {
  const catalogue = await fakeCatalogue();
  files = catalogue.files;
  chair = catalogue.pieces.find((p) => p.kind === 'armchair')!;
});

const mean = (list: readonly { miss: number }[]) => list.reduce((s, p) => s + p.miss, 0) / list.length;
const radians = (degrees: number) => (degrees * Math.PI) / 180;
/** A piece 3 m away, straight ahead, turned so that the camera sees it from `yaw` degrees to the right of its front. */
const seenFrom = (yaw: number, cameraHeight = 1.5, distance = 3) => {
  const plane = createFloorPlane({
    width: 1600,
    height: 1200,
    focal: 1400,
    horizon: 500,
    cameraHeight,
    confidence: 1,
    source: 'user',
  });
  return poseProjection(plane, { position: { x: 0, y: distance }, yaw: radians(yaw), scale: 1 });
};

describe('chooseView', () => {
  it.each([
    [0, 'y00-p20', false],
    [12, 'y00-p20', false],
    [18, 'y30-p20', false],
    [50, 'y60-p20', false],
    [-35, 'y30-p20', true],
    [-80, 'y60-p20', true],
  ])('takes for %i° %s, mirrored: %s', (yaw, id, mirrored) => {
    const photo = seenFrom(yaw);
    expect(sightAngles(chair, photo).yaw).toBeCloseTo(yaw, 3);
    const chosen = chooseView(chair, photo);
    expect(chosen.view.id).toBe(id);
    if (Math.abs(yaw) > 15) expect(chosen.mirrored).toBe(mirrored);
  });

  it('takes the flatter view for a camera that is low', () => {
    expect(chooseView(chair, seenFrom(30, 0.8)).view.pitch).toBe(8);
    expect(chooseView(chair, seenFrom(30, 1.7)).view.pitch).toBe(20);
  });

  it('turns a front view round when asked', () => {
    expect(chooseView(chair, seenFrom(0), true).mirrored).toBe(true);
    expect(chooseView(chair, seenFrom(0), false).mirrored).toBe(false);
  });
});

describe('fitViewWarp', () => {
  it.each([
    [30, false],
    [-30, true],
  ])('puts known points of a view seen from %i° within 1 px', async (yaw, mirrored) => {
    // Same direction and distance as the view's own camera: the map is then exact.
    const height = 0.38 + 3 * Math.sin(radians(20));
    const photo = seenFrom(yaw, height, 3 * Math.cos(radians(20)));
    const chosen = chooseView(chair, photo);
    expect([chosen.view.id, chosen.mirrored]).toEqual(['y30-p20', mirrored]);
    const layers = await loadView(files, chair, chosen.view);
    const { homography, error } = fitViewWarp(layers, chosen, photo);
    expect(error).toBeLessThan(1);
    for (const x of [-0.4, 0.4]) {
      for (const y of [-0.4, 0.4]) {
        for (const z of [0.15, 0.45]) {
          const from = project(chosen.projection, [x, y, z])!;
          const to = project(photo, [x, y, z])!;
          const laid = applyHomography(homography, from.x, from.y);
          expect(Math.hypot(laid.x - to.x, laid.y - to.y)).toBeLessThan(1);
        }
      }
    }
  });

  it('keeps the feet nearer to their places than the rest when the view does not fit', async () => {
    const photo = seenFrom(42);
    const chosen = chooseView(chair, photo);
    const layers = await loadView(files, chair, chosen.view);
    const { homography } = fitViewWarp(layers, chosen, photo);
    const misses = surfacePoints(layers, chosen).map(({ x, y, point }) => {
      const laid = applyHomography(homography, x, y);
      const to = project(photo, point)!;
      return { z: point[2], miss: Math.hypot(laid.x - to.x, laid.y - to.y) };
    });
    const feet = misses.filter((p) => p.z < 0.08);
    expect(feet.length).toBeGreaterThan(5);
    expect(mean(feet)).toBeLessThan(mean(misses.filter((p) => p.z > 0.3)));
  });
});
