import type { PhotoPoint } from '../../viewer/camera.ts';

/** What of the `floor` intermediate the grid needs; photo pixels, metres, radians. */
export interface Floor {
  readonly width: number;
  readonly height: number;
  readonly focal: number;
  readonly principal: PhotoPoint;
  /** Row of the horizon at the principal point's column. */
  readonly horizon: number;
  readonly roll: number;
  /** Unit normal of the floor in camera space (x right, y down, z forward). */
  readonly up: readonly [number, number, number];
  /** Camera over the floor, metres. */
  readonly cameraHeight: number;
  readonly confidence: number;
  readonly source: string;
  /** Direction of the room's walls on the floor, from forward towards right; null where unknown. */
  readonly heading: number | null;
}

export interface Line {
  readonly from: PhotoPoint;
  readonly to: PhotoPoint;
}

export function isFloor(value: unknown): value is Floor {
  const floor = value as Partial<Floor> | null;
  return (
    typeof floor === 'object' &&
    floor !== null &&
    typeof floor.focal === 'number' &&
    typeof floor.horizon === 'number' &&
    Array.isArray(floor.up)
  );
}

/** The horizon's rows at the left and the right edge of the photo: what `depth.floor` is set by. */
export function horizonEnds(floor: Floor): { readonly left: number; readonly right: number } {
  const slope = Math.tan(floor.roll);
  return {
    left: floor.horizon - slope * floor.principal.x,
    right: floor.horizon + slope * (floor.width - floor.principal.x),
  };
}

/** The same floor under another horizon: focal length and camera height stay, the tilt follows. */
export function withHorizon(floor: Floor, left: number, right: number): Floor {
  const roll = Math.atan2(right - left, floor.width);
  const horizon = left + Math.tan(roll) * floor.principal.x;
  const tilt = (Math.cos(roll) * (horizon - floor.principal.y)) / floor.focal;
  const length = Math.hypot(1, tilt);
  return { ...floor, roll, horizon, up: [Math.sin(roll) / length, -Math.cos(roll) / length, tilt / length] };
}

/**
 * Lines of a square grid on the floor, clipped in front of the camera, along the room's walls where they are known.
 * @param step metres between lines
 * @param reach metres that the grid goes to each side and away
 */
export function gridLines(floor: Floor, step = 0.5, reach = 7): Line[] {
  const turn = floor.heading ?? 0;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const project = makeProjection(floor);
  const at = (u: number, v: number): readonly [number, number] => [u * cos + v * sin, v * cos - u * sin];
  const lines: Line[] = [];
  const count = Math.round(reach / step);
  for (let i = -count; i <= count; i++) {
    const k = i * step;
    for (const ends of [
      [at(k, -reach), at(k, reach)],
      [at(-reach, k), at(reach, k)],
    ] as const) {
      const line = clipToFront(project, ends[0], ends[1]);
      if (line) lines.push(line);
    }
  }
  return lines;
}

type Projection = (x: number, z: number) => readonly [number, number, number];

/** Floor metres (right, forward) → homogeneous photo pixels; see main/placement/floor-plane.ts for the axes. */
function makeProjection({ up, focal, principal, cameraHeight }: Floor): Projection {
  const lean = up[2];
  const raw = [-lean * up[0], -lean * up[1], 1 - lean * lean] as const;
  const length = Math.hypot(...raw);
  const f = raw.map((v) => v / length) as unknown as readonly [number, number, number];
  const r = [f[1] * up[2] - f[2] * up[1], f[2] * up[0] - f[0] * up[2], f[0] * up[1] - f[1] * up[0]] as const;
  return (x, z) => {
    const cx = x * r[0] + z * f[0] - cameraHeight * up[0];
    const cy = x * r[1] + z * f[1] - cameraHeight * up[1];
    const cz = x * r[2] + z * f[2] - cameraHeight * up[2];
    return [focal * cx + principal.x * cz, focal * cy + principal.y * cz, cz];
  };
}

/** Nearest depth that is drawn, metres. */
const NEAR = 0.35;

function clipToFront(
  project: Projection,
  a: readonly [number, number],
  b: readonly [number, number],
): Line | null {
  const depthA = project(...a)[2];
  const depthB = project(...b)[2];
  if (depthA < NEAR && depthB < NEAR) return null;
  const mix = (s: number) => [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s] as const;
  const cut = (NEAR - depthA) / (depthB - depthA);
  const from = depthA < NEAR ? mix(cut) : a;
  const to = depthB < NEAR ? mix(cut) : b;
  return { from: toPixel(project(...from)), to: toPixel(project(...to)) };
}

function toPixel([x, y, w]: readonly [number, number, number]): PhotoPoint {
  return { x: x / w, y: y / w };
}
