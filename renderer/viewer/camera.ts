import { create } from 'zustand';

/** A point in photo pixels. */
export interface PhotoPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Where the viewer looks: the one truth that the deep zoom, every overlay and the second pane follow.
 * Lengths called pane are CSS pixels.
 */
export interface Camera {
  readonly photoWidth: number;
  readonly photoHeight: number;
  readonly paneWidth: number;
  readonly paneHeight: number;
  /** Photo pixel in the middle of the pane. */
  readonly cx: number;
  readonly cy: number;
  /** CSS pixels per photo pixel. */
  readonly scale: number;
  /** The whole photo is in sight and stays so when the window changes. */
  readonly fitted: boolean;
}

/** Room that the tools above and the read-out below take, CSS pixels. */
const margin = { top: 58, bottom: 40, side: 22 } as const;

export const useCamera = create<Camera>()(() => ({
  photoWidth: 1,
  photoHeight: 1,
  paneWidth: 1,
  paneHeight: 1,
  cx: 0.5,
  cy: 0.5,
  scale: 1,
  fitted: true,
}));

/** Where the camera has to stand to show the whole photo between the tools. */
export function fitCamera(c: Camera): Camera {
  const width = Math.max(40, c.paneWidth - 2 * margin.side);
  const height = Math.max(40, c.paneHeight - margin.top - margin.bottom);
  const scale = Math.min(width / c.photoWidth, height / c.photoHeight);
  return {
    ...c,
    scale,
    cx: c.photoWidth / 2,
    cy: c.photoHeight / 2 - (margin.top - margin.bottom) / 2 / scale,
    fitted: true,
  };
}

/** Zooms about a point of the pane; the photo pixel under it stays where it is. */
export function zoomCamera(c: Camera, scale: number, x: number, y: number): Camera {
  const next = Math.min(maxScale(), Math.max(Math.min(fitCamera(c).scale / 4, 0.02), scale));
  const dx = x - c.paneWidth / 2;
  const dy = y - c.paneHeight / 2;
  const shift = 1 / c.scale - 1 / next;
  return holdCamera({ ...c, scale: next, cx: c.cx + dx * shift, cy: c.cy + dy * shift, fitted: false });
}

/** Keeps the middle of the pane on the photo. */
function holdCamera(c: Camera): Camera {
  return {
    ...c,
    cx: Math.min(c.photoWidth, Math.max(0, c.cx)),
    cy: Math.min(c.photoHeight, Math.max(0, c.cy)),
  };
}

/** The photo pixel at a point of the pane; may lie outside the photo. */
export function toPhoto(c: Camera, x: number, y: number): PhotoPoint {
  return { x: c.cx + (x - c.paneWidth / 2) / c.scale, y: c.cy + (y - c.paneHeight / 2) / c.scale };
}

/** The point of the pane at which a photo pixel is seen. */
export function toPane(c: Camera, x: number, y: number): PhotoPoint {
  return { x: (x - c.cx) * c.scale + c.paneWidth / 2, y: (y - c.cy) * c.scale + c.paneHeight / 2 };
}

export function isInside(c: Camera, { x, y }: PhotoPoint): boolean {
  return x >= 0 && y >= 0 && x < c.photoWidth && y < c.photoHeight;
}

/** A photo pixel is a device pixel. */
export function actualScale(): number {
  return 1 / window.devicePixelRatio;
}

/** A photo pixel is 32 device pixels. */
function maxScale(): number {
  return 32 / window.devicePixelRatio;
}
