import { describe, expect, it } from 'vitest';
import { createFloorPlane, floorToPhoto, roomToPhoto } from '../../../main/placement/floor-plane.ts';
import {
  cameraCentre,
  floorToPiece,
  mirrorProjection,
  pieceToFloor,
  poseProjection,
  project,
  type PiecePoint,
  unproject,
} from '../../../main/placement/projection.ts';
import { fakeProjection } from './fake-catalogue.ts';

const plane = createFloorPlane({
  width: 1600,
  height: 1200,
  focal: 1300,
  horizon: 420,
  roll: 0.03,
  confidence: 1,
  source: 'user',
});
const pose = { position: { x: 0.6, y: 3.5 }, yaw: 0.4, scale: 1.1 };
const corners: PiecePoint[] = [-1, 1].flatMap((x) =>
  [-0.45, 0.45].flatMap((y) => [0, 0.8].map((z): PiecePoint => [x, y, z])),
);

describe('poseProjection', () => {
  it('sees the piece where the floor plane puts its points', () => {
    const matrix = poseProjection(plane, pose);
    for (const [x, y, z] of corners) {
      const floor = pieceToFloor(pose, x, y);
      const expected = roomToPhoto(plane, { x: floor.x, y: z * pose.scale, z: floor.y })!;
      const seen = project(matrix, [x, y, z])!;
      expect(Math.hypot(seen.x - expected.x, seen.y - expected.y)).toBeLessThan(1e-6);
    }
  });

  it('turns the back towards X for a positive yaw', () => {
    const back = pieceToFloor({ position: { x: 0, y: 3 }, yaw: Math.PI / 2, scale: 1 }, 0, 1);
    expect(back.x).toBeCloseTo(1);
    expect(back.y).toBeCloseTo(3);
  });

  it('knows where the camera is', () => {
    const [x, y, z] = cameraCentre(poseProjection(plane, pose));
    const under = pieceToFloor(pose, x, y);
    expect(under.x).toBeCloseTo(0, 6);
    expect(under.y).toBeCloseTo(0, 6);
    expect(z * pose.scale).toBeCloseTo(plane.cameraHeight, 6);
  });
});

describe('unproject', () => {
  it('is the way back of project', () => {
    const { projection } = fakeProjection(30, 20, corners);
    for (const point of corners) {
      const seen = project(projection, point)!;
      unproject(projection, seen.x, seen.y, seen.depth).forEach((v, i) =>
        expect(v).toBeCloseTo(point[i]!, 9),
      );
    }
  });
});

describe('mirrorProjection', () => {
  it('sees the mirrored point in the mirrored picture', () => {
    const { projection, width } = fakeProjection(30, 8, corners);
    const mirrored = mirrorProjection(projection, width);
    for (const [x, y, z] of corners) {
      const seen = project(projection, [x, y, z])!;
      const other = project(mirrored, [-x, y, z])!;
      expect(other.x).toBeCloseTo(width - seen.x, 9);
      expect(other.y).toBeCloseTo(seen.y, 9);
      expect(other.depth).toBeCloseTo(seen.depth, 9);
    }
  });
});

describe('floorToPiece', () => {
  it('is the way back of pieceToFloor', () => {
    const floor = pieceToFloor(pose, 0.3, -0.7);
    const piece = floorToPiece(pose, floor);
    expect(piece.x).toBeCloseTo(0.3);
    expect(piece.y).toBeCloseTo(-0.7);
    expect(floorToPhoto(plane, floor)).not.toBeNull();
  });
});
