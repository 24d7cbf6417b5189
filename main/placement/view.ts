import type { Piece, PieceView } from './catalogue.ts';
import { cameraCentre, mirrorProjection, type PiecePoint, type Projection } from './projection.ts';

/** A view of the catalogue as it is to be used. */
export interface ChosenView {
  readonly view: PieceView;
  /** True where the picture and the piece are mirrored left to right: the camera stands on the other side. */
  readonly mirrored: boolean;
  /** Piece space → pixels of the (mirrored) view. */
  readonly projection: Projection;
  /** Degrees between the directions in which the view's and the photo's camera see the piece. */
  readonly miss: number;
}

/**
 * The view whose camera sees the piece from the direction nearest to the photo's camera.
 * @param photo projection of piece space onto the photo
 * @param preferMirrored which of two equally near views is taken: a front view fits either way round
 */
export function chooseView(piece: Piece, photo: Projection, preferMirrored = false): ChosenView {
  const centre: PiecePoint = [0, 0, piece.size.height / 2];
  const wanted = directionTo(centre, cameraCentre(photo));
  let best: ChosenView | null = null;
  for (const view of piece.views) {
    for (const mirrored of [preferMirrored, !preferMirrored]) {
      const projection = mirrored ? mirrorProjection(view.projection, view.width) : view.projection;
      const seen = directionTo(centre, cameraCentre(projection));
      const cosine = wanted[0] * seen[0] + wanted[1] * seen[1] + wanted[2] * seen[2];
      const miss = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
      if (!best || miss < best.miss - 1e-6) best = { view, mirrored, projection, miss };
    }
  }
  if (!best) throw new RangeError('Expected a piece with at least one view');
  return best;
}

/** How a camera sees a piece: yaw to the right of its front and pitch above its middle, degrees. */
export function sightAngles(
  piece: Piece,
  projection: Projection,
): { readonly yaw: number; readonly pitch: number } {
  const [x, y, z] = directionTo([0, 0, piece.size.height / 2], cameraCentre(projection));
  return { yaw: (Math.atan2(x, -y) * 180) / Math.PI, pitch: (Math.asin(z) * 180) / Math.PI };
}

function directionTo(from: PiecePoint, to: PiecePoint): PiecePoint {
  const [x, y, z] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
