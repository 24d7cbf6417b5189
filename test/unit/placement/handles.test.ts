import { describe, expect, it } from 'vitest';
import { createFloorPlane, floorToPhoto } from '../../../main/placement/floor-plane.ts';
import { describeHandles } from '../../../main/placement/handles.ts';
import { fitHomography } from '../../../main/placement/homography.ts';
import { pieceToFloor, poseProjection, project } from '../../../main/placement/projection.ts';

const plane = createFloorPlane({
  width: 1200,
  height: 900,
  focal: 900,
  horizon: 330,
  confidence: 0.8,
  source: 'user',
});
const still = { move: { x: 0, y: 0 }, scale: 1, yaw: 0, flip: false };
const size = { width: 2, depth: 0.9, height: 0.8 };
const pose = { position: { x: 0.2, y: 4 }, yaw: 0, scale: 1 };

/** A picture of 200×80 px whose content leaves a margin of 10 px, standing upright on the piece's front line. */
function standing(metre = 1) {
  const data = new Float32Array(200 * 80 * 4);
  for (let y = 10; y < 70; y++) for (let x = 10; x < 190; x++) data[(y * 200 + x) * 4 + 3] = 1;
  const photo = poseProjection(plane, pose);
  const corners = [10, 190].flatMap((x) =>
    [10, 70].map((y) => ({
      from: { x, y },
      to: project(photo, [((x - 100) / 180) * size.width, -size.depth / 2, ((70 - y) / 60) * size.height])!,
      weight: 1,
    })),
  );
  const picture = { width: 200, height: 80, data };
  return { plane, pose, picture, toPhoto: fitHomography(corners), size, front: -size.depth / 2, metre };
}

describe('describeHandles', () => {
  it('holds the corners of what is seen, without the margin of its picture', () => {
    const { quad, box } = describeHandles(standing(), still);
    const low = floorToPhoto(plane, pieceToFloor(pose, size.width / 2, -size.depth / 2))!;
    expect(quad[2]!.x).toBeCloseTo(low.x, 0);
    expect(quad[2]!.y).toBeCloseTo(low.y, 0);
    expect(box.y + box.height).toBe(Math.ceil(Math.max(...quad.map((p) => p.y))));
  });

  it('stands on the floor under its front, so that a shift of the base is a shift of the piece', () => {
    const { base, horizon, footprint } = describeHandles(standing(), still);
    expect(base.x).toBeCloseTo((footprint[0]!.x + footprint[1]!.x) / 2, 0);
    expect(base.y).toBeCloseTo(footprint[0]!.y, 0);
    expect(horizon).toBeCloseTo(330);
    expect(footprint[3]!.y).toBeLessThan(footprint[0]!.y);
  });

  it('measures in true cm', () => {
    const { pxPerCm } = describeHandles(standing(), still);
    expect(pxPerCm).toBeCloseTo(900 / 4 / 100, 0);
    expect(describeHandles(standing(1.3), still).pxPerCm).toBeCloseTo(1.3 * pxPerCm);
  });

  it('tells what is applied already', () => {
    const held = { move: { x: 3, y: -4 }, scale: 1.2, yaw: Math.PI / 6, flip: true };
    const { moved, scaled, turned, flipped } = describeHandles(standing(), held);
    expect([moved, scaled, flipped]).toEqual([{ x: 3, y: -4 }, 1.2, true]);
    expect(turned).toBeCloseTo(30);
  });
});
