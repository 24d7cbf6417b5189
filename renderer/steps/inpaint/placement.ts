import type { PhotoPoint } from '../../viewer/camera.ts';

/** What of the `placement` intermediate the handles need; photo pixels, centimetres, degrees. */
export interface Placement {
  readonly piece: string;
  readonly name: string;
  /** True size of what stands there now. */
  readonly sizeCm: { readonly width: number; readonly depth: number; readonly height: number };
  readonly notes: readonly string[];
  readonly handles: Handles;
}

export interface Handles {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Corners of its picture: top left, top right, bottom right, bottom left. */
  readonly quad: readonly PhotoPoint[];
  /** Its footprint: front left, front right, back right, back left; null behind the camera. */
  readonly footprint: readonly (PhotoPoint | null)[];
  /** The point on the floor that `move` shifts. */
  readonly base: PhotoPoint;
  readonly pxPerCm: number;
  /** The parameters that are in it already. */
  readonly moved: PhotoPoint;
  readonly scaled: number;
  readonly turned: number;
  readonly flipped: boolean;
  /** Row of the horizon at the base's column. */
  readonly horizon: number;
}

export function isPlacement(value: unknown): value is Placement {
  const placement = value as Partial<Placement> | null;
  return typeof placement === 'object' && placement !== null && Array.isArray(placement.handles?.quad);
}

/** A drag of the handles that is not committed yet. */
export interface Shift {
  readonly dx: number;
  readonly dy: number;
  /** Times the size it has. */
  readonly size: number;
  /** Degrees more. */
  readonly turn: number;
}
export const noShift: Shift = { dx: 0, dy: 0, size: 1, turn: 0 };

/** How much smaller the piece looks for having been moved towards the horizon. */
export function nearness({ base, horizon }: Handles, dy: number): number {
  const before = base.y - horizon;
  return before > 1 ? Math.max(0.05, (before + dy) / before) : 1;
}

/** Where a point of the piece goes under a drag. */
export function shiftPoint(handles: Handles, shift: Shift, point: PhotoPoint): PhotoPoint {
  const { base } = handles;
  const grown = shift.size * nearness(handles, shift.dy);
  return {
    x: base.x + shift.dx + (point.x - base.x) * grown,
    y: base.y + shift.dy + (point.y - base.y) * grown,
  };
}

/** The same with the turn about the middle of the footprint, as an ellipse lying on the floor would be turned. */
export function turnFootprint(points: readonly PhotoPoint[], degrees: number): PhotoPoint[] {
  if (degrees === 0 || points.length === 0) return [...points];
  const mx = points.reduce((sum, p) => sum + p.x, 0) / points.length;
  const my = points.reduce((sum, p) => sum + p.y, 0) / points.length;
  const flat = flatness(points);
  const a = (-degrees * Math.PI) / 180;
  return points.map((p) => {
    const x = p.x - mx;
    const y = (p.y - my) / flat;
    return {
      x: mx + x * Math.cos(a) - y * Math.sin(a),
      y: my + (x * Math.sin(a) + y * Math.cos(a)) * flat,
    };
  });
}

/** How flat the floor is seen: height over width of a square on it, roughly. */
function flatness(points: readonly PhotoPoint[]): number {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const width = Math.max(...xs) - Math.min(...xs);
  const height = Math.max(...ys) - Math.min(...ys);
  return Math.min(1, Math.max(0.1, (1.6 * height) / Math.max(1, width)));
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The parameters that make a drag last. */
export function paramsOfShift(handles: Handles, shift: Shift) {
  return {
    ...(shift.dx !== 0 || shift.dy !== 0
      ? { move: { x: Math.round(handles.moved.x + shift.dx), y: Math.round(handles.moved.y + shift.dy) } }
      : {}),
    ...(shift.size !== 1 ? { scale: Number(clamp(handles.scaled * shift.size, 0.1, 10).toFixed(4)) } : {}),
    ...(shift.turn !== 0 ? { yaw: Number(wrapDegrees(handles.turned + shift.turn).toFixed(1)) } : {}),
  };
}

/** Into −180 … 180. */
export function wrapDegrees(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
