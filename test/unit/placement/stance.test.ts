import { describe, expect, it } from 'vitest';
import { createFloorPlane, floorToPhoto } from '../../../main/placement/floor-plane.ts';
import type { OldObject } from '../../../main/placement/old-object.ts';
import { bearingOf, pieceToFloor } from '../../../main/placement/projection.ts';
import { offset, standPicture, standPiece } from '../../../main/placement/stance.ts';

const plane = createFloorPlane({
  width: 1200,
  height: 900,
  focal: 900,
  horizon: 330,
  confidence: 0.8,
  source: 'user',
});
const still = { move: { x: 0, y: 0 }, scale: 1, yaw: 0, flip: false };
const old: OldObject = {
  kind: 'sofa',
  position: { x: 0.3, y: 4 },
  yaw: 0.25,
  width: 2,
  depth: 0.9,
  height: 0.85,
  metre: 1,
  mismatch: 0.05,
};
const size = { width: 2.1, depth: 0.9, height: 0.9 };
const front = (pose: ReturnType<typeof standPiece>['pose'], depth: number) =>
  pieceToFloor(pose, 0, -depth / 2);

describe('standPiece', () => {
  it('keeps the contact line and the turn of the old object', () => {
    const { pose } = standPiece(plane, old, { ...size, depth: 0.8 }, 'sofa', still);
    const line = offset(old.position, old.yaw, -old.depth / 2);
    const foot = front(pose, 0.8);
    expect(Math.hypot(foot.x - line.x, foot.y - line.y)).toBeLessThan(0.03);
    expect(pose.yaw).toBeCloseTo(old.yaw);
  });

  it.each([1.2, 1.7, 2, 2.6])('makes a %f m piece of the same kind −10 … +15 %% as wide', (width) => {
    const { pose } = standPiece(plane, old, { width, depth: 0.9, height: 0.85 * (width / 2) }, 'sofa', still);
    const ratio = (width * pose.scale) / old.width;
    expect(ratio).toBeGreaterThanOrEqual(0.9);
    expect(ratio).toBeLessThanOrEqual(1.15);
  });

  it('keeps its proportions next to a very wide old one', () => {
    const { pose, notes } = standPiece(plane, { ...old, width: 4.5 }, size, 'sofa', still);
    expect(pose.scale * size.height).toBeLessThan(1.3 * old.height);
    expect(notes).toHaveLength(1);
  });

  it('says how much wider than the old object a piece of another kind is', () => {
    const chair = { ...old, kind: 'armchair' as const, width: 1.1 };
    const { notes } = standPiece(plane, chair, size, 'sofa', still);
    expect(notes.join()).toMatch(/about \d+ cm wider/);
    expect(standPiece(plane, old, size, 'sofa', still).notes).toEqual([]);
  });

  it('takes the true size for another kind', () => {
    const { pose } = standPiece(
      plane,
      { ...old, metre: 1.2 },
      { width: 0.8, depth: 0.8, height: 0.8 },
      'armchair',
      still,
    );
    expect(pose.scale).toBeCloseTo(1.2);
  });

  it('does not go through the wall behind', () => {
    const back = offset(old.position, old.yaw, old.depth / 2);
    const wall = [-2, 2].map(
      (side) => floorToPhoto(plane, pieceToFloor({ position: back, yaw: old.yaw, scale: 1 }, side, 0.05))!,
    );
    const walled = { ...plane, wallLine: wall };
    const { pose } = standPiece(walled, old, { ...size, depth: 1.3 }, 'sofa', still);
    const rear = pieceToFloor(pose, 0, 0.65);
    const beyond = (rear.x - back.x) * Math.sin(old.yaw) + (rear.y - back.y) * Math.cos(old.yaw);
    expect(beyond).toBeLessThan(0.02);
  });

  it('moves by photo pixels along the floor', () => {
    const before = standPiece(plane, old, size, 'sofa', still).pose;
    const after = standPiece(plane, old, size, 'sofa', { ...still, move: { x: 60, y: 25 } }).pose;
    const a = floorToPhoto(plane, front(before, size.depth))!;
    const b = floorToPhoto(plane, front(after, size.depth))!;
    expect(b.x - a.x).toBeCloseTo(60, -1);
    expect(b.y - a.y).toBeCloseTo(25, -1);
  });

  it('stays on the floor and says so', () => {
    const { pose, notes } = standPiece(plane, old, size, 'sofa', { ...still, move: { x: 0, y: -400 } });
    expect(pose.position.y).toBeLessThan(6);
    expect(notes.join()).toMatch(/no floor/);
  });

  it('scales, turns and flips', () => {
    const plain = standPiece(plane, old, size, 'sofa', still).pose;
    expect(standPiece(plane, old, size, 'sofa', { ...still, scale: 1.5 }).pose.scale).toBeCloseTo(
      plain.scale * 1.5,
    );
    expect(standPiece(plane, old, size, 'sofa', { ...still, yaw: 0.2 }).pose.yaw).toBeCloseTo(
      plain.yaw + 0.2,
    );
    const flipped = standPiece(plane, old, size, 'sofa', { ...still, flip: true }).pose;
    const sight = bearingOf(plain.position);
    expect(flipped.position).toEqual(plain.position);
    expect(flipped.yaw - sight).toBeCloseTo(sight - plain.yaw);
  });

  it('never shows a back', () => {
    const { pose, notes } = standPiece(plane, old, size, 'sofa', { ...still, yaw: Math.PI });
    expect(Math.abs(pose.yaw)).toBeLessThan(1.6);
    expect(notes.join()).toMatch(/behind/);
  });
});

describe('standPicture', () => {
  it('stands a picture on the contact, as wide as the old object looked', () => {
    const contact = { x: 700, y: 640 };
    const { pose, width } = standPicture(plane, contact, { width: 300, height: 260 }, 0.8, still);
    const foot = floorToPhoto(plane, pieceToFloor(pose, 0, 0))!;
    expect(Math.hypot(foot.x - contact.x, foot.y - contact.y)).toBeLessThan(0.01);
    const [left, right] = [-0.5, 0.5].map(
      (side) => floorToPhoto(plane, pieceToFloor(pose, side * width, 0))!,
    );
    expect((right!.x - left!.x) / 300).toBeCloseTo(1, 1);
  });
});
