import { MachineError, RequestError } from '../errors.ts';
import { randomStream } from '../imaging/random.ts';
import {
  loadCatalogue,
  loadShadowMap,
  loadView,
  type Piece,
  type PieceFiles,
  type ShadowMap,
  sizeInCm,
  type ViewLayers,
} from './catalogue.ts';
import { dressView, type LightPicture } from './dress.ts';
import type { FloorPlane } from './floor-plane.ts';
import { describeHandles } from './handles.ts';
import { genericShadow, mirrorShadow } from './floor-shadow.ts';
import { fitHomography, type Homography } from './homography.ts';
import type { OldObject } from './old-object.ts';
import type { Placement } from './placement.ts';
import { loadProduct } from './product.ts';
import { poseProjection, type Pose, project, type Projection, unproject } from './projection.ts';
import { choosePiece, findColor, findMaterial, PLAIN_MATERIAL, readPrompt } from './prompt-words.ts';
import type { Silhouette } from './silhouette.ts';
import { type Handles, standPicture, standPiece } from './stance.ts';
import { type ChosenView, chooseView } from './view.ts';
import { fitViewWarp, viewDepth } from './view-warp.ts';

/** A thing set into the photo, before it is resampled. */
export interface Placed {
  readonly placement: Placement;
  /** Neutral-lit, premultiplied linear light. */
  readonly picture: LightPicture;
  /** Pixels of the picture → photo px. */
  readonly toPhoto: Homography;
  readonly pose: Pose;
  readonly shadow: ShadowMap;
  /** Depth along the photo camera's axis, floor-plane metres, at a point of the picture (px); NaN where it is empty. */
  readonly depthAt: (x: number, y: number) => number;
}

/** What decides which piece is set, and how. */
export interface PieceRequest {
  readonly prompt: string;
  /** Id of a piece, or `auto`. */
  readonly piece: string;
  readonly handles: Handles;
  /** 0 is the piece as it is; any other number varies turn and fabric a little. */
  readonly seed: number;
}

/** How far the seed turns a piece (radians) and changes its texture (ratio) at most. */
const SEED_TURN = (5 * Math.PI) / 180;
const SEED_TEXTURE = 0.3;

/**
 * Sets a piece of the catalogue in the old object's place: chosen and covered by the prompt's words, standing on the
 * floor, seen from where the camera is.
 * @throws RequestError for a piece that does not exist; MachineError for an empty catalogue
 */
export async function placePiece(
  files: PieceFiles,
  plane: FloorPlane,
  old: OldObject,
  request: PieceRequest,
): Promise<Placed> {
  const { piece, covering, color, notes } = await pickPiece(files, old, request);
  const vary = variation(request.seed);
  const handles = { ...request.handles, yaw: request.handles.yaw + vary.turn * SEED_TURN };
  const stance = standPiece(plane, old, piece.size, piece.kind, handles);
  const photo = poseProjection(plane, stance.pose);
  const chosen = chooseView(piece, photo, handles.flip);
  const layers = await loadView(files, piece, chosen.view);
  const warp = fitViewWarp(layers, chosen, photo);
  const dressed = { ...covering, texture: Math.exp(vary.texture * SEED_TEXTURE) };
  const map = await loadShadowMap(files, piece);
  const picture = dressView(layers, chosen.view, dressed, piece.upholsteryAlbedo, chosen.mirrored);
  const standing = {
    plane,
    pose: stance.pose,
    picture,
    toPhoto: warp.homography,
    size: piece.size,
    front: -piece.size.depth / 2,
    metre: stance.pose.scale / request.handles.scale,
  };
  return {
    placement: {
      piece: piece.id,
      name: piece.name,
      kind: piece.kind,
      view: chosen.view.id,
      mirrored: chosen.mirrored,
      miss: chosen.miss,
      matrix: warp.homography,
      warpError: warp.error,
      sizeCm: sizeInCm(piece.size, request.handles.scale),
      stands: describePose(stance.pose),
      handles: describeHandles(standing, request.handles),
      color,
      material: covering.material.name,
      old: describeOld(old),
      notes: [...notes, ...stance.notes],
    },
    picture,
    toPhoto: warp.homography,
    pose: stance.pose,
    shadow: chosen.mirrored ? mirrorShadow(map) : map,
    depthAt: surfaceDepth(layers, chosen, photo),
  };
}

async function pickPiece(files: PieceFiles, old: OldObject, { prompt, piece: id }: PieceRequest) {
  const catalogue = await loadCatalogue(files);
  if (catalogue.length === 0) {
    throw new MachineError(
      'The catalogue is empty',
      'Install the starter pack again, or give a product picture',
    );
  }
  const wish = readPrompt(prompt);
  const like = { kind: old.kind, seats: old.kind === 'armchair' ? 1 : old.width / old.metre > 1.75 ? 3 : 2 };
  const { piece, notes } =
    id === 'auto'
      ? choosePiece(wish, catalogue, like)
      : { piece: findPiece(catalogue, id), notes: wish.notes };
  const color = wish.color ?? findColor(piece.defaultColor);
  const material = wish.material ?? findMaterial(piece.defaultMaterial) ?? PLAIN_MATERIAL;
  const covering = { rgb: color?.rgb ?? ([150, 150, 150] as const), material };
  return { piece, covering, color: color && { name: color.name, rgb: color.rgb }, notes };
}

function findPiece(catalogue: readonly Piece[], id: string): Piece {
  const piece = catalogue.find((p) => p.id === id);
  if (piece) return piece;
  throw new RequestError(
    `There is no piece "${id}" in the catalogue`,
    `Use inpaint.piece=auto or one of ${catalogue.map((p) => p.id).join(', ')}`,
  );
}

/**
 * Sets the client's product picture in the old object's place: upright, facing the camera, on the same contact line.
 * @throws RequestError where the picture cannot be read or cut out
 */
export async function placeProduct(
  bytes: Uint8Array,
  plane: FloorPlane,
  old: OldObject,
  silhouette: Silhouette,
  handles: Handles,
): Promise<Placed> {
  const picture = await loadProduct(bytes);
  const aspect = picture.height / picture.width;
  const contact = lowestContact(silhouette);
  const stance = standPicture(plane, contact, silhouette.box, aspect, handles);
  const photo = poseProjection(plane, stance.pose);
  const size = { width: stance.width, depth: stance.width * 0.45, height: stance.width * aspect };
  const side = handles.flip ? -1 : 1;
  const corners = [-0.5, 0.5].flatMap((x) =>
    [0, 1].map((up) => ({
      x: (x * side + 0.5) * picture.width,
      y: (1 - up) * picture.height,
      seen: project(photo, [x * size.width, 0, up * size.height]),
    })),
  );
  const toPhoto = fitHomography(
    corners.flatMap(({ x, y, seen }) => (seen ? [{ from: { x, y }, to: seen, weight: 1 }] : [])),
  );
  return {
    placement: {
      piece: 'product',
      name: 'Product picture',
      kind: 'product',
      view: null,
      mirrored: handles.flip,
      miss: 0,
      matrix: toPhoto,
      warpError: 0,
      sizeCm: sizeInCm(size, 1 / old.metre),
      stands: describePose(stance.pose),
      handles: describeHandles(
        { plane, pose: stance.pose, picture, toPhoto, size, front: 0, metre: old.metre },
        handles,
      ),
      color: null,
      material: null,
      old: describeOld(old),
      notes: stance.notes,
    },
    picture,
    toPhoto,
    pose: stance.pose,
    shadow: genericShadow(size.width, size.depth),
    depthAt: (x, y) => {
      const across = (x / picture.width - 0.5) * side * size.width;
      return project(photo, [across, 0, (1 - y / picture.height) * size.height])?.depth ?? Number.NaN;
    },
  };
}

/** Where an outline touches the floor: under the middle of its box, at its lowest point. Photo px. */
function lowestContact({ box, bottoms }: Silhouette): { readonly x: number; readonly y: number } {
  let lowest = box.y;
  for (const y of bottoms) if (y > lowest) lowest = y;
  return { x: box.x + box.width / 2, y: lowest - 0.02 * box.height };
}

/** Reads the depth of a view's surface as the photo's camera has it. */
function surfaceDepth(layers: ViewLayers, chosen: ChosenView, photo: Projection): Placed['depthAt'] {
  const { width, height, matte } = layers;
  return (x, y) => {
    const column = Math.floor(chosen.mirrored ? width - x : x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= width || row >= height) return Number.NaN;
    const i = (row * width + column) * 3;
    if (!(matte[i]! > 0)) return Number.NaN;
    const depth = viewDepth(chosen.view, matte[i + 2]!);
    return project(photo, unproject(chosen.projection, x, y, depth))?.depth ?? Number.NaN;
  };
}

/** Two numbers in −1 … 1 from a seed, 0 for seed 0. */
function variation(seed: number): { readonly turn: number; readonly texture: number } {
  if (seed === 0) return { turn: 0, texture: 0 };
  const next = randomStream(seed);
  return { turn: next() * 2 - 1, texture: next() * 2 - 1 };
}

function describePose({ position, yaw, scale }: Pose): Placement['stands'] {
  return { x: position.x, y: position.y, yaw: (yaw * 180) / Math.PI, scale };
}

function describeOld(old: OldObject): Placement['old'] {
  const { kind, width, depth, height, mismatch } = old;
  return { kind, width, depth, height, yaw: (old.yaw * 180) / Math.PI, mismatch };
}
