import type { PlacedHandles } from './handles.ts';
import type { Homography } from './homography.ts';
import type { PieceKind } from './prompt-words.ts';

/** What was placed and how; the `placement` artifact of inpaint.place is this, as JSON. */
export interface Placement {
  /** Id of a catalogue piece, or `product` for the client's picture. */
  readonly piece: string;
  readonly name: string;
  readonly kind: PieceKind | 'product';
  /** Id of the catalogue's view; null for a product. */
  readonly view: string | null;
  readonly mirrored: boolean;
  /** Degrees between the view's direction and the one it is seen from in the photo. */
  readonly miss: number;
  /** Pixels of the (mirrored) view or cut-out product → photo px, 3×3 row-major. */
  readonly matrix: Homography;
  /** How far surface points come to lie from where they belong, photo px (root mean square). */
  readonly warpError: number;
  /** True size of what was placed, the scale handle applied, cm. */
  readonly sizeCm: { readonly width: number; readonly depth: number; readonly height: number };
  /** Where it stands, metres of the floor plane, the direction of its back (degrees) and the scale of its metres. */
  readonly stands: { readonly x: number; readonly y: number; readonly yaw: number; readonly scale: number };
  /** Where it can be taken hold of, photo px. */
  readonly handles: PlacedHandles;
  readonly color: { readonly name: string; readonly rgb: readonly [number, number, number] } | null;
  readonly material: string | null;
  /** The old object as it was understood, metres of the floor plane. */
  readonly old: {
    readonly kind: PieceKind;
    readonly width: number;
    readonly depth: number;
    readonly height: number;
    readonly yaw: number;
    readonly mismatch: number;
  };
  /** What could not be had as asked, one sentence each. */
  readonly notes: readonly string[];
}
