import type { PhotoPoint } from '../imaging/geometry.ts';
import { floorToPhoto, type FloorPlane, type FloorPoint, photoToFloor } from './floor-plane.ts';
import type { OldObject } from './old-object.ts';
import { bearingOf, type Pose } from './projection.ts';
import type { PieceKind } from './prompt-words.ts';

/** What the retoucher's handles do to the automatic placing. */
export interface Handles {
  /** Shift in photo px. */
  readonly move: { readonly x: number; readonly y: number };
  /** Factor on the size. */
  readonly scale: number;
  /** Turn about the vertical, radians, added. */
  readonly yaw: number;
  /** Turns the piece to the mirrored side of the line of sight. */
  readonly flip: boolean;
}

/** True size of what is placed, metres. */
export interface TrueSize {
  readonly width: number;
  readonly depth: number;
  readonly height: number;
}

/** Bounds of the new width over the old one's for a piece of the same kind. */
const WIDTH_RANGE = [0.95, 1.15] as const;
/** Narrower than this over the old width is worth a note. */
const NARROWEST = 0.9;
/** A piece of another kind that is wider than the old object is made this much smaller than its true size at most. */
const SMALLEST = 0.82;
/** A piece is never made taller than this over the old one's height, however wide the old one was. */
const TALLEST = 1.15;
/** Past this the catalogue has no picture of a piece: its back would be seen. */
const WIDEST_SIGHT = (82 * Math.PI) / 180;
/** Wider than this over the old width is worth a note. */
const TOO_WIDE = 1.3;
/** A piece nearer to a wall than this stands against it, floor-plane metres. */
const AGAINST_WALL = 0.35;

/**
 * Sets a piece where the old object stood: as large as the photo's scale makes it, which the old object corrects (a
 * piece of the same kind comes out −10 … +15 % as wide), turned as it was, on the same contact line with the floor and
 * no further back than a wall allows.
 */
export function standPiece(
  plane: FloorPlane,
  old: OldObject,
  size: TrueSize,
  kind: PieceKind,
  handles: Handles,
): { readonly pose: Pose; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const automatic = automaticScale(old, size, kind, notes);
  const scale = automatic * handles.scale;
  const wider = Math.round(((scale * size.width - old.width) / old.metre) * 100);
  if (handles.scale === 1 && scale * size.width > TOO_WIDE * old.width)
    notes.push(`The new piece is about ${wider} cm wider than what stood there`);
  const front = offset(old.position, old.yaw, -old.depth / 2);
  const foot = moveFoot(plane, front, handles.move, notes);
  const excess = Math.max(0, scale * size.depth - old.depth);
  // What is deeper than the old object grows towards the room, not through what stands behind.
  const back = excess * (isAgainstWall(plane, old) ? 1 : 0.5);
  const position = offset(foot, old.yaw, (scale * size.depth) / 2 - back);
  // Turned and flipped where it stands, about the middle of its footprint.
  const bearing = bearingOf(position);
  const mirrored = handles.flip ? 2 * bearing - old.yaw : old.yaw;
  const yaw = limitSight(mirrored + handles.yaw, bearing, notes);
  return { pose: { position, yaw, scale }, notes };
}

function automaticScale(old: OldObject, size: TrueSize, kind: PieceKind, notes: string[]): number {
  if (kind !== old.kind) {
    // How large a metre is rests on how large such things usually are: within that doubt, it is to fit the place.
    const excess = (size.width * old.metre) / old.width;
    return old.metre * Math.min(1, Math.max(SMALLEST, 1 / Math.sqrt(excess)));
  }
  const byWidth = old.width / size.width;
  const byHeight = old.height / size.height;
  const between = Math.sqrt(byWidth * byHeight);
  const wanted = Math.min(Math.max(between, byWidth * WIDTH_RANGE[0]), byWidth * WIDTH_RANGE[1]);
  const tallest = Math.max(byHeight * TALLEST, old.metre);
  if (tallest < byWidth * NARROWEST)
    notes.push('The old object is wider than any piece of that height: the new one keeps its proportions');
  return Math.min(wanted, tallest);
}

/** The floor point `distance` metres further in a direction (angle from Z towards X). */
export function offset(point: FloorPoint, direction: number, distance: number): FloorPoint {
  return { x: point.x + distance * Math.sin(direction), y: point.y + distance * Math.cos(direction) };
}

/** Shifts a floor point by photo pixels; stays where the shift would leave the floor. */
function moveFoot(
  plane: FloorPlane,
  foot: FloorPoint,
  move: { readonly x: number; readonly y: number },
  notes: string[],
): FloorPoint {
  if (move.x === 0 && move.y === 0) return foot;
  const seen = floorToPhoto(plane, foot);
  const moved = seen && photoToFloor(plane, { x: seen.x + move.x, y: seen.y + move.y });
  if (moved && Math.hypot(moved.x, moved.y) < 60) return moved;
  notes.push('The piece cannot be moved there: that is no floor');
  return foot;
}

/** Keeps the angle between a piece's front and the line of sight where the catalogue has pictures. */
function limitSight(yaw: number, bearing: number, notes: string[]): number {
  const turn = Math.atan2(Math.sin(yaw - bearing), Math.cos(yaw - bearing));
  if (Math.abs(turn) <= WIDEST_SIGHT) return bearing + turn;
  notes.push('The catalogue shows no piece from behind: it was turned no further than to its side');
  return bearing + Math.sign(turn) * WIDEST_SIGHT;
}

/** True where the old object's back stands close to the line between floor and wall; unknown lines count as far. */
export function isAgainstWall(plane: FloorPlane, old: OldObject): boolean {
  const back = offset(old.position, old.yaw, old.depth / 2);
  const walls = plane.wallLine.map((p) => photoToFloor(plane, p));
  for (let k = 1; k < walls.length; k++) {
    const [a, b] = [walls[k - 1], walls[k]];
    if (a && b && segmentDistance(back, a, b) < AGAINST_WALL) return true;
  }
  return false;
}

function segmentDistance(p: FloorPoint, a: FloorPoint, b: FloorPoint): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length)) : 0;
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/**
 * Sets a picture of a thing upright on the floor, facing the camera: its lower edge stands on the old object's contact
 * line, and it covers about what the old object covered.
 * @param aspect height over width of the picture
 * @param seen size of the old object's box, photo px
 * @returns the pose of a piece whose picture plane is y = 0, and its width in metres of the floor plane
 */
export function standPicture(
  plane: FloorPlane,
  contact: PhotoPoint,
  seen: { readonly width: number; readonly height: number },
  aspect: number,
  handles: Handles,
): { readonly pose: Pose; readonly width: number; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const start = photoToFloor(plane, contact);
  if (!start) throw new RangeError('Expected an object that stands below the horizon');
  const foot = moveFoot(plane, start, handles.move, notes);
  const reach = Math.hypot(start.x, start.y);
  const metresPerPixel = reach / Math.hypot(plane.focal, contact.x - plane.principal.x);
  const width = Math.min(seen.width, (1.2 * seen.height) / aspect) * metresPerPixel * handles.scale;
  const yaw = limitSight(bearingOf(foot) + handles.yaw, bearingOf(foot), notes);
  return { pose: { position: foot, yaw, scale: 1 }, width, notes };
}
