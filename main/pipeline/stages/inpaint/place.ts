import { RequestError } from '../../../errors.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, isEmptyRect, type Rect, unionRect } from '../../../imaging/geometry.ts';
import { toGuide } from '../../../imaging/guided-filter.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { resizeRaster } from '../../../imaging/resize.ts';
import { maskArea } from '../../../imaging/mask-ops.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { cropRaster, type MaskWindow } from '../../../imaging/window.ts';
import type { PieceFiles } from '../../../placement/catalogue.ts';
import { depthOfOld, type DepthScale, scaleDepth, type SceneDepth } from '../../../placement/depth-scale.ts';
import { sharpenToPhoto } from '../../../placement/edge-map.ts';
import type { FloorPlane } from '../../../placement/floor-plane.ts';
import { castShadow, leanShadow } from '../../../placement/floor-shadow.ts';
import { invert3 } from '../../../imaging/matrix.ts';
import { applyHomography } from '../../../placement/homography.ts';
import { encodePicture } from '../../../placement/lay-over.ts';
import { layoutProbabilities, trustLayout } from '../../../placement/layout.ts';
import {
  findFloor,
  findFront,
  isHiddenBelow,
  movedSurface,
  oldSurface,
} from '../../../placement/occlusion.ts';
import { fitOldObject, isMostlyHidden, levelByObject, lowerUnder } from '../../../placement/old-object.ts';
import { type Placed, placePiece, placeProduct } from '../../../placement/place-piece.ts';
import { reduceMask } from '../../../placement/reduce-mask.ts';
import { coveredRect, warpPicture } from '../../../placement/resample.ts';
import { estimateRoomLight } from '../../../placement/room-light.ts';
import { hiddenColumns, measureSilhouette } from '../../../placement/silhouette.ts';
import type { NodeContext } from '../../node.ts';
import { readMask } from '../window-inputs.ts';
import type { InpaintParams } from './params.ts';

export type PlaceParams = Pick<
  InpaintParams,
  'prompt' | 'product' | 'piece' | 'move' | 'scale' | 'yaw' | 'flip' | 'seed'
>;

/** Exponent on the light that the shadow map leaves: windows and lamps reach under a piece less than its dome does. */
const SHADOW_STRENGTH = 1.2;
/** Longest side at which the room's light is looked at, px. */
const LIGHT_SIDE = 384;
/** Metres that a shadow leans away from the light at most, and the share of it that is added. */
const LEAN = 0.16;
const LEAN_AMOUNT = 0.4;

/** Sets a piece of furniture, or the client's product, in the old object's place: `placement`, `object`, `shadow`. */
export async function runPlace(ctx: NodeContext<PlaceParams>): Promise<void> {
  const frame = await ctx.frame();
  const mask = await readOldMask(ctx);
  const found = await ctx.inputs.json<FloorPlane>('floor');
  const seen = await readScene(ctx, frame, mask, found);
  const silhouette = measureSilhouette(mask, frame.info, isHiddenBelow(seen, found, seen.scale));
  const hides = hiddenColumns(silhouette);
  const toPhoto = found.width / seen.depth.width;
  const scene: Scene = isMostlyHidden(silhouette)
    ? { ...seen, covered: (column) => hides((column + 0.5) * toPhoto) }
    : seen;
  const away = depthOfOld(scene, scene.scale);
  const plane = levelByObject(lowerUnder(found, silhouette), silhouette, away);
  const old = fitOldObject(plane, silhouette, away);
  await ctx.progress(0.15, 'Reading the old object');
  const { move, scale, yaw, flip, prompt, piece, seed, product } = ctx.params;
  const handles = { move, scale, yaw: (yaw * Math.PI) / 180, flip };
  const placed =
    product === null
      ? await placePiece(packFiles(ctx), plane, old, { prompt, piece, handles, seed })
      : await placeProduct(await ctx.blob(product), plane, old, silhouette, handles);
  await ctx.progress(0.4, 'Setting the piece');
  await writeObject(ctx, frame, plane, placed, scene);
  await ctx.progress(0.8, 'Casting its shadow');
  await writeShadow(ctx, frame, plane, placed, scene);
  await ctx.outputs.json('placement', placed.placement);
  // What the report tells the user: a word that was not understood, a piece that had to do.
  ctx.metric('notes', placed.placement.notes.join('; '));
  ctx.metric('piece', placed.placement.piece);
  ctx.metric('view', placed.placement.view ?? 'product');
  ctx.metric('warpError', round(placed.placement.warpError));
  ctx.metric(
    'hiddenBelow',
    round(silhouette.hidden.filter((h) => h === 'yes').length / silhouette.hidden.length),
  );
  ctx.metric('mismatch', round(old.mismatch));
}

const round = (value: number) => Math.round(value * 1000) / 1000;

async function readOldMask(ctx: NodeContext<PlaceParams>): Promise<MaskWindow> {
  const mask = await readMask(ctx.inputs, 'mask');
  if (maskArea(mask) > 0) return mask;
  throw new RequestError('The mask is empty', 'Click the object again, or import a mask that marks it');
}

function packFiles({ packs }: NodeContext<PlaceParams>): PieceFiles {
  return { read: (file) => packs.read('starter', file), list: (prefix) => packs.list('starter', prefix) };
}

/** What is known of the scene at the depth map's size, and the photo there, u8 sRGB. */
type Scene = SceneDepth & {
  readonly photo: Raster<Uint8Array>;
  readonly scale: DepthScale | null;
  readonly covered?: (column: number) => boolean;
};

async function readScene(
  ctx: NodeContext<PlaceParams>,
  frame: Frame,
  mask: MaskWindow,
  plane: FloorPlane,
): Promise<Scene> {
  const depth = (await ctx.inputs.raster('depth')) as Raster<Float32Array>;
  const { width, height } = depth;
  const small = await toSrgb8(frame, { longSide: Math.max(width, height) });
  const photo = await resizeRaster(small, width, height);
  const layout = ctx.inputs.has('layout')
    ? trustLayout(
        layoutProbabilities(await ctx.inputs.raster('layout'), width, height),
        (plane.horizon * height) / plane.height,
      )
    : null;
  const scene = {
    depth,
    layout,
    mask: reduceMask(mask, frame.info, { width, height }),
    guide: toGuide(photo),
    photo,
  };
  return { ...scene, scale: scaleDepth(scene, plane) };
}

async function writeObject(
  ctx: NodeContext<PlaceParams>,
  frame: Frame,
  plane: FloorPlane,
  placed: Placed,
  scene: Scene,
): Promise<void> {
  const { width, height } = frame.info;
  const { picture, toPhoto } = placed;
  const rect = keepOne(clampRect(coveredRect(picture, toPhoto), width, height));
  const laid = warpPicture(picture, toPhoto, rect);
  const hides = await readFront(ctx, frame, plane, placed, scene, rect);
  const visible = hides?.map((share) => 1 - share);
  ctx.metric('occluded', visible ? round(hiddenShare(laid.data, visible)) : 0);
  const raster = encodePicture(laid, frame.info.depth, visible);
  await ctx.outputs.raster('object', raster, { width, height, rect, background: 'zero' });
}

/** How far things in front of the piece cover a rectangle of the photo, 0–1 per pixel; null where nothing does. */
async function readFront(
  ctx: NodeContext<PlaceParams>,
  frame: Frame,
  plane: FloorPlane,
  { toPhoto, depthAt }: Placed,
  scene: Scene,
  rect: Rect,
): Promise<Float32Array | null> {
  const seen = depthRect(scene, rect, frame);
  const toPicture = invert3(toPhoto);
  const { x, y } = ctx.params.move;
  const moved = x !== 0 || y !== 0;
  const surface =
    moved && scene.scale
      ? movedSurface(scene, scene.scale, plane, seen, (u, v) => {
          const p = applyHomography(toPicture, u, v);
          return depthAt(p.x, p.y);
        })
      : oldSurface(scene, seen);
  const front = findFront(scene, plane, seen, surface, moved, scene.covered);
  return front && sharpenToPhoto(front, await photoGuide(frame, rect), rect);
}

/** Share of the object that stands behind something. */
function hiddenShare(rgba: Float32Array, visible: Float32Array): number {
  let [all, hidden] = [0, 0];
  for (let p = 0; p < visible.length; p++) {
    all += rgba[p * 4 + 3]!;
    hidden += rgba[p * 4 + 3]! * (1 - visible[p]!);
  }
  return all > 0 ? hidden / all : 0;
}

/** A rectangle of the photo in pixels of the depth map, one pixel wider. */
function depthRect({ depth }: SceneDepth, rect: Rect, { info }: Frame): Rect {
  const [sx, sy] = [depth.width / info.width, depth.height / info.height];
  const x = Math.floor(rect.x * sx) - 1;
  const y = Math.floor(rect.y * sy) - 1;
  const right = Math.ceil((rect.x + rect.width) * sx) + 1;
  const bottom = Math.ceil((rect.y + rect.height) * sy) + 1;
  return clampRect({ x, y, width: right - x, height: bottom - y }, depth.width, depth.height);
}

async function photoGuide(frame: Frame, rect: Rect): Promise<Raster<Float32Array>> {
  const raster = cropRaster<Uint8Array | Uint16Array>(frame.raster, rect) as Frame['raster'];
  return toGuide(await toSrgb8({ ...frame, raster, info: { ...frame.info, ...rect } }));
}

/** Windows hold at least one pixel. */
function keepOne(rect: Rect): Rect {
  return isEmptyRect(rect) ? { x: 0, y: 0, width: 1, height: 1 } : rect;
}

async function writeShadow(
  ctx: NodeContext<PlaceParams>,
  frame: Frame,
  plane: FloorPlane,
  placed: Placed,
  scene: Scene,
): Promise<void> {
  const { width, height } = frame.info;
  const lean = await lightLean(frame, plane, placed, scene);
  const map = leanShadow(placed.shadow, lean, LEAN_AMOUNT);
  const cast = castShadow(plane, placed.pose, map, SHADOW_STRENGTH);
  const rect = keepOne(cast.rect);
  const data = isEmptyRect(cast.rect) ? new Uint8Array(1) : cast.raster.data;
  const floor = findFloor(scene, plane, depthRect(scene, rect, frame));
  if (floor) {
    const share = sharpenToPhoto(floor, await photoGuide(frame, rect), rect);
    for (let i = 0; i < data.length; i++) data[i] = data[i]! * share[i]! + 0.5;
  }
  // Looked for around the whole piece, as for the piece itself: what stands in front of it stands in front of its shadow.
  const piece = clampRect(coveredRect(placed.picture, placed.toPhoto), width, height);
  const both = isEmptyRect(piece) ? rect : unionRect(piece, rect);
  const hides = isEmptyRect(cast.rect) ? null : await readFront(ctx, frame, plane, placed, scene, both);
  if (hides) {
    for (let y = 0, i = 0; y < rect.height; y++) {
      let k = (rect.y - both.y + y) * both.width + rect.x - both.x;
      for (let x = 0; x < rect.width; x++, i++, k++) data[i] = data[i]! * (1 - hides[k]!) + 0.5;
    }
  }
  const raster = { width: rect.width, height: rect.height, channels: 1, data };
  await ctx.outputs.raster('shadow', raster, { width, height, rect, background: 'zero' });
}

/** Which way the shadow leans, metres of piece space: away from the brighter side, where there is one. */
async function lightLean(frame: Frame, plane: FloorPlane, placed: Placed, scene: Scene) {
  const scale = Math.min(1, LIGHT_SIDE / Math.max(frame.info.width, frame.info.height));
  const width = Math.max(1, Math.round(frame.info.width * scale));
  const height = Math.max(1, Math.round(frame.info.height * scale));
  const photo = await resizeRaster(scene.photo, width, height);
  const covered = clampRect(coveredRect(placed.picture, placed.toPhoto), frame.info.width, frame.info.height);
  const light = estimateRoomLight({
    photo,
    exclude: await resizeRaster(scene.mask, photo.width, photo.height, 'linear'),
    layout: null,
    focus: {
      x: covered.x * scale,
      y: covered.y * scale,
      width: Math.max(1, covered.width * scale),
      height: Math.max(1, covered.height * scale),
    },
    horizon: plane.horizon * scale,
  });
  const sideways = -LEAN * Math.tanh(light.slopeX * 2.5);
  // The camera's right, in the piece's own axes.
  const { yaw } = placed.pose;
  return { x: Math.cos(yaw) * sideways, y: Math.sin(yaw) * sideways };
}
