import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Camera,
  fitCamera,
  isInside,
  toPane,
  toPhoto,
  zoomCamera,
} from '../../../renderer/viewer/camera.ts';

const camera: Camera = {
  photoWidth: 6000,
  photoHeight: 4000,
  paneWidth: 900,
  paneHeight: 700,
  cx: 3000,
  cy: 2000,
  scale: 0.1,
  fitted: false,
};

beforeAll(() => vi.stubGlobal('window', { devicePixelRatio: 2 }));

describe('the viewer’s camera', () => {
  it('shows the whole photo between the tools and the read-out', () => {
    const fitted = fitCamera(camera);
    const a = toPane(fitted, 0, 0);
    const b = toPane(fitted, 6000, 4000);
    expect(a.x).toBeGreaterThanOrEqual(0);
    expect(b.x).toBeLessThanOrEqual(900);
    expect(a.y).toBeGreaterThanOrEqual(50);
    expect(b.y).toBeLessThanOrEqual(700 - 30);
    expect(a.x + b.x).toBeCloseTo(900, 6);
  });

  it('keeps the photo pixel under the pointer while it zooms', () => {
    const before = toPhoto(camera, 250, 610);
    const after = toPhoto(zoomCamera(camera, 0.37, 250, 610), 250, 610);
    expect(after.x).toBeCloseTo(before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
  });

  it('stops at 32 device pixels for one of the photo', () => {
    expect(zoomCamera(camera, 1e6, 450, 350).scale).toBe(16);
  });

  it('keeps the middle of the pane on the photo', () => {
    const corner = zoomCamera({ ...camera, cx: 10, cy: 10 }, 0.02, 900, 700);
    expect(corner.cx).toBeGreaterThanOrEqual(0);
    expect(corner.cy).toBeGreaterThanOrEqual(0);
  });

  it('goes from pane to photo and back', () => {
    const p = toPhoto(camera, 123, 456);
    const back = toPane(camera, p.x, p.y);
    expect(back.x).toBeCloseTo(123, 9);
    expect(back.y).toBeCloseTo(456, 9);
    expect(isInside(camera, { x: 5999.5, y: 0 })).toBe(true);
    expect(isInside(camera, { x: 6000, y: 0 })).toBe(false);
  });
});
