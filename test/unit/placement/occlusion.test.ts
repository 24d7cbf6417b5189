import { describe, expect, it } from 'vitest';
import {
  depthAt,
  depthOfOld,
  nearOf,
  scaleDepth,
  type SceneDepth,
} from '../../../main/placement/depth-scale.ts';
import { sharpenToPhoto } from '../../../main/placement/edge-map.ts';
import { createFloorPlane, floorDisparity } from '../../../main/placement/floor-plane.ts';
import {
  findFloor,
  findFront,
  isHiddenBelow,
  movedSurface,
  oldSurface,
} from '../../../main/placement/occlusion.ts';

const [W, H] = [160, 120];
const plane = createFloorPlane({
  width: 640,
  height: 480,
  focal: 520,
  horizon: 160,
  confidence: 1,
  source: 'user',
});
/** Rows of the map: a wall above, the floor below, a box (a table) in front, the old object in the middle. */
const WALL = 60;
const table = { x: 60, y: 70, width: 30, height: 40 };
const old = { x: 50, y: 40, width: 60, height: 45 };
const inside = (r: typeof table, x: number, y: number) =>
  x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;

/** Probabilities: floor below the wall, but for table and old object. */
function layoutOf() {
  const data = new Float32Array(W * H * 4);
  for (let i = 0; i < W * H; i++) {
    const [x, y] = [i % W, Math.floor(i / W)];
    const kind = inside(table, x, y) || inside(old, x, y) ? 0 : y >= WALL ? 1 : 2;
    data[i * 4 + kind] = 1;
  }
  return { width: W, height: H, channels: 4, data };
}

function scene(affine = (near: number) => 0.1 + 1.1 * near): SceneDepth {
  const depth = new Float32Array(W * H);
  const mask = new Uint8Array(W * H);
  const guide = new Float32Array(W * H * 3).fill(0.7);
  for (let y = 0, i = 0; y < H; y++) {
    for (let x = 0; x < W; x++, i++) {
      const floor = floorDisparity(plane, { x: (x + 0.5) * 4, y: (Math.max(y, WALL) + 0.5) * 4 });
      const tableNear = floorDisparity(plane, { x: 300, y: (table.y + table.height) * 4 });
      const onTable = inside(table, x, y);
      depth[i] = affine(onTable ? tableNear : floor);
      if (inside(old, x, y) && !onTable) mask[i] = 255;
      if (onTable) guide.fill(0.2, i * 3, i * 3 + 3);
    }
  }
  const one = (data: Float32Array) => ({ width: W, height: H, channels: 1, data });
  return {
    depth: one(depth),
    layout: layoutOf(),
    mask: { width: W, height: H, channels: 1, data: mask },
    guide: { width: W, height: H, channels: 3, data: guide },
  };
}

const rect = { x: 40, y: 30, width: 80, height: 70 };
const photo = { x: 160, y: 120, width: 320, height: 280 };
/** The photo at full size: what the guide shows. */
function photoOf({ guide }: SceneDepth) {
  const data = new Float32Array(photo.width * photo.height * 3);
  for (let p = 0; p < photo.width * photo.height; p++) {
    const [x, y] = [(photo.x + (p % photo.width)) >> 2, (photo.y + Math.floor(p / photo.width)) >> 2];
    data.fill(guide.data[(y * W + x) * 3]!, p * 3, p * 3 + 3);
  }
  return { width: photo.width, height: photo.height, channels: 3, data };
}

describe('scaleDepth', () => {
  it.each([
    ['straight', (near: number) => 0.1 + 1.1 * near],
    ['bent', (near: number) => 0.05 + 0.9 * near ** 1.7],
  ])('finds how a depth map is scaled: %s', (_, affine) => {
    const found = scaleDepth(scene(affine), plane)!;
    for (const near of [0.25, 0.35, 0.45]) {
      expect(depthAt(found, near)).toBeCloseTo(affine(near), 1);
      expect(nearOf(found, affine(near))).toBeCloseTo(near, 1);
    }
    expect(found.support).toBeGreaterThan(0.9);
  });

  it('gives up where the map has nothing to do with the floor, or nothing tells where floor is', () => {
    const noise = scene();
    noise.depth.data.forEach((_, i) => (noise.depth.data[i] = ((i * 2654435761) % 1000) / 1000));
    expect(scaleDepth(noise, plane)).toBeNull();
    expect(scaleDepth({ ...scene(), layout: null }, plane)).toBeNull();
  });
});

describe('isHiddenBelow', () => {
  it('knows table from floor', () => {
    const view = scene();
    const hidden = isHiddenBelow(view, plane);
    // Above the table the old object goes on behind it; beside the table it stands on the floor.
    expect(hidden(300, table.y * 4 - 10, table.y * 4 + 20)).toBe('yes');
    expect(hidden(220, 330, 350)).toBe('no');
    expect(isHiddenBelow({ ...view, layout: null }, plane)(300, table.y * 4 - 10, table.y * 4 + 20)).toBe(
      'no',
    );
  });
});

describe('depthOfOld', () => {
  it('reads the old object’s distance off the map', () => {
    const view = scene();
    const near = 0.3;
    view.mask.data.forEach((v, i) => v > 0 && (view.depth.data[i] = 0.1 + 1.1 * near));
    expect(depthOfOld(view, scaleDepth(view, plane))!).toBeCloseTo(1 / near, 0);
  });
});

const covered = (view: SceneDepth, surface: Float32Array) => {
  const front = findFront(view, plane, rect, surface)!;
  const cover = sharpenToPhoto(front, photoOf(view), photo);
  return (x: number, y: number) => cover[(y - photo.y) * photo.width + x - photo.x]!;
};

describe('findFront', () => {
  it.each(['old', 'moved'])(
    'keeps what stands nearer in front, along its edges in the photo (%s)',
    (kind) => {
      const view = scene();
      const surface =
        kind === 'old'
          ? oldSurface(view, rect)
          : movedSurface(view, scaleDepth(view, plane)!, plane, rect, () => 4);
      const at = covered(view, surface);
      expect(at(300, 320)).toBe(1);
      expect(at(table.x * 4 + 6, 330)).toBeGreaterThan(0.9);
      expect(at(table.x * 4 - 8, 320)).toBeLessThan(0.1);
      expect(at(220, 200)).toBe(0);
    },
  );

  it('lets nothing inside the old object’s mask stand in front', () => {
    const view = scene();
    const surface = oldSurface(view, rect);
    view.mask.data.fill(255);
    expect(findFront(view, plane, rect, surface)).toBeNull();
  });

  it('finds nothing in front of a piece that is nearer than everything', () => {
    const view = scene();
    const surface = movedSurface(view, scaleDepth(view, plane)!, plane, rect, () => 1);
    expect(findFront(view, plane, rect, surface)).toBeNull();
  });

  it('does not believe that all around the old object is in front of it', () => {
    const view = scene();
    view.layout!.data.forEach((_, i) => (view.layout!.data[i] = i % 4 === 0 ? 1 : 0));
    expect(findFront(view, plane, rect, oldSurface(view, rect).fill(-1))).toBeNull();
  });

  it('knows by the mask what hid the old object, where depth does not tell', () => {
    const view = scene();
    const surface = oldSurface(view, rect);
    view.mask.data.forEach((_, i) => (view.depth.data[i] = 0.4));
    const front = findFront(view, plane, rect, surface.fill(0.4))!;
    const cover = sharpenToPhoto(front, photoOf(view), photo);
    const at = (x: number, y: number) => cover[(y - photo.y) * photo.width + x - photo.x]!;
    expect(at(300, 296)).toBeGreaterThan(0.9);
    expect(at(220, 296)).toBe(0);
    expect(findFront(view, plane, rect, surface, true)).toBeNull();
  });

  it('takes the room between the legs of an open frame for no thing in front', () => {
    const view = scene();
    for (let i = 0; i < W * H; i++) {
      const [x, y] = [i % W, Math.floor(i / W)];
      const isLeg = x < old.x + 5 || x >= old.x + old.width - 5;
      view.mask.data[i] = inside(old, x, y) && (y < old.y + 15 || isLeg) ? 255 : 0;
    }
    expect(findFront(view, plane, rect, oldSurface(view, rect))).toBeNull();
  });

  it('knows without a layout only what the old object is cut out around', () => {
    const view = { ...scene(), layout: null };
    view.mask.data.forEach((_, i) => {
      view.mask.data[i] = inside(old, i % W, Math.floor(i / W)) ? 255 : 0;
    });
    expect(findFront(view, plane, rect, oldSurface(view, rect))).toBeNull();
  });

  it('hides the new one below where the old one was hidden', () => {
    const view = scene();
    view.mask.data.forEach((_, i) => {
      view.mask.data[i] = inside(old, i % W, Math.floor(i / W)) ? 255 : 0;
    });
    const front = findFront(view, plane, rect, oldSurface(view, rect), false, () => true)!;
    const photo = {
      width: rect.width,
      height: rect.height,
      channels: 3,
      data: new Float32Array(rect.width * rect.height * 3),
    };
    const covers = sharpenToPhoto({ ...front, scale: { x: 1, y: 1 } }, photo, rect);
    const at = (x: number, y: number) => covers[(y - rect.y) * rect.width + x - rect.x]!;
    expect(at(old.x + old.width / 2, old.y + old.height + 6)).toBeGreaterThan(0.9);
    expect(at(old.x + old.width / 2, old.y + old.height - 12)).toBeLessThan(0.1);
  });
});

describe('oldSurface', () => {
  it('carries the old object’s depth on beside it', () => {
    const view = scene();
    view.mask.data.forEach((v, i) => v > 0 && (view.depth.data[i] = 0.42));
    const surface = oldSurface(view, rect);
    expect(surface.every((v) => Math.abs(v - 0.42) < 1e-3)).toBe(true);
  });
});

describe('findFloor', () => {
  it('takes floor for floor and neither table nor wall', () => {
    const view = scene();
    const floor = sharpenToPhoto(findFloor(view, plane, rect)!, photoOf(view), photo);
    const at = (x: number, y: number) => floor[(y - photo.y) * photo.width + x - photo.x]!;
    expect(at(440, 380)).toBeGreaterThan(0.9);
    expect(at(300, 360)).toBeLessThan(0.1);
    // Inside the mask the plate shows floor.
    expect(at(220, 300)).toBeGreaterThan(0.9);
  });

  it('leaves it to the floor plane without a layout', () => {
    expect(findFloor({ ...scene(), layout: null }, plane, rect)).toBeNull();
  });
});
