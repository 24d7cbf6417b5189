import { matchMeanStd, matchTransport } from '../../../imaging/color/match.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { addGrain, estimateGrain } from '../../../imaging/grain.ts';
import { srgbToFrame, toSrgb8 } from '../../../imaging/srgb.ts';
import { cropWindow, type MaskWindow, type RasterWindow, wholeWindow } from '../../../imaging/window.ts';
import type { FloorPlane } from '../../../placement/floor-plane.ts';
import { layObject } from '../../../placement/lay-over.ts';
import { layoutProbabilities, trustLayout } from '../../../placement/layout.ts';
import { reduceMask } from '../../../placement/reduce-mask.ts';
import { relightObject } from '../../../placement/relight.ts';
import { estimateRoomLight, lightField, type RoomLight } from '../../../placement/room-light.ts';
import { estimateSoftness, missingBlur, softenObject } from '../../../placement/sharpness.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame, readWindow } from '../window-inputs.ts';
import { runDriftMatch } from './match-drift.ts';
import type { ColorParams } from './params.ts';

export type MatchParams = Pick<ColorParams, 'method' | 'strength' | 'grain'>;

/** Longest side at which the room's light is looked at, px. */
const LIGHT_SIDE = 384;
/** Known photo around the object that is measured for grain and sharpness, as a share of its longer side. */
const SURROUNDINGS = 0.35;
const GRAIN_SEED = 1;
/** Grain above this share of full scale is the texture of things (asphalt, leaves) taken for grain. */
const MOST_GRAIN = 0.01;

/**
 * Fits the patch to the photo: `field` (gains in linear light) and `matched`, the patch in the frame's own profile. A
 * placed object gets the room's light (or, by the other methods, the old object's colors), the photo's sharpness and
 * its grain; the plate came from the photo and is left as it is. A painted crop: see runDriftMatch.
 */
export async function runMatch(ctx: NodeContext<MatchParams>): Promise<void> {
  if (ctx.inputs.has('hole')) return runDriftMatch(ctx);
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const region = await readMask(ctx.inputs, 'region');
  const { rect } = region;
  const window = { width, height, rect, background: 'frame' } as const;
  if (!ctx.inputs.has('object')) {
    await ctx.outputs.raster('field', neutralField());
    await ctx.outputs.raster('matched', await readOverFrame(ctx.inputs, 'patch', frame, rect), window);
    return;
  }
  const neutral = await readWindow(ctx.inputs, 'object');
  const lit = await light(ctx, frame, region, neutral);
  await ctx.progress(0.5, 'Lighting the piece');
  const object = await finish(ctx, frame, region, lit);
  await ctx.progress(0.7, 'Matching grain');
  const plate = await readOverFrame(ctx.inputs, 'plate', frame, rect);
  const shadow = await readMask(ctx.inputs, 'shadow');
  await ctx.outputs.raster('matched', layObject(plate, rect, object, shadow), window);
}

function neutralField() {
  return { width: 1, height: 1, channels: 3, data: new Float32Array([1, 1, 1]) };
}

/** The object in the room's light, in the frame's colors with its own alpha; writes `field`. */
async function light(
  ctx: NodeContext<MatchParams>,
  frame: Frame,
  region: MaskWindow,
  object: RasterWindow,
): Promise<RasterWindow> {
  const { method, strength } = ctx.params;
  const { rect } = object;
  if (method !== 'known-rim') {
    await ctx.outputs.raster('field', neutralField());
    const raster = await srgbToFrame(object.raster as Frame['raster'], frame);
    return copyOldColors(ctx, frame, { raster, rect }, method, strength);
  }
  const room = await lookAround(ctx, frame, region, rect);
  const field = lightField(room, rect, strength);
  await ctx.outputs.raster('field', field.gains);
  describe(ctx, room);
  const raster = relightObject(object.raster as Frame['raster'], rect, field, room.black * strength);
  return { raster: await srgbToFrame(raster, frame), rect };
}

/** The object with the old object's color statistics, by the textbook's methods. */
async function copyOldColors(
  ctx: NodeContext<MatchParams>,
  frame: Frame,
  object: RasterWindow,
  method: 'mean-std' | 'transport',
  strength: number,
): Promise<RasterWindow> {
  const mask = await readMask(ctx.inputs, 'mask');
  const cover = coverOf(object);
  const photo = wholeWindow<Uint8Array | Uint16Array>(frame.raster);
  return method === 'mean-std'
    ? matchMeanStd(object, photo, cover, strength, mask)
    : matchTransport(object, cover, photo, mask, strength);
}

/** The object's alpha as a mask of 8 bits. */
function coverOf({ raster, rect }: RasterWindow): MaskWindow {
  const { width, height, channels, data } = raster;
  const shift = data instanceof Uint8Array ? 0 : 8;
  const out = new Uint8Array(width * height);
  for (let p = 0, i = channels - 1; p < out.length; p++, i += channels) out[p] = data[i]! >> shift;
  return { raster: { width, height, channels: 1, data: out }, rect };
}

async function lookAround(
  ctx: NodeContext<MatchParams>,
  frame: Frame,
  region: MaskWindow,
  box: Rect,
): Promise<RoomLight> {
  const photo = await toSrgb8(frame, { longSide: LIGHT_SIDE });
  const floor = await ctx.inputs.json<FloorPlane>('floor');
  const scale = photo.width / frame.info.width;
  return estimateRoomLight({
    photo,
    exclude: reduceMask(region, frame.info, photo),
    layout: ctx.inputs.has('layout')
      ? trustLayout(
          layoutProbabilities(await ctx.inputs.raster('layout'), photo.width, photo.height),
          floor.horizon * scale,
        )
      : null,
    focus: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
    horizon: floor.horizon * scale,
  });
}

/** The lit object as soft and as grainy as the photo around it; `grain` scales both. */
async function finish(
  ctx: NodeContext<MatchParams>,
  frame: Frame,
  region: MaskWindow,
  object: RasterWindow,
): Promise<RasterWindow> {
  const { grain } = ctx.params;
  if (grain === 0) return object;
  const around = surroundings(frame, region, object.rect);
  const photo = wholeWindow<Uint8Array | Uint16Array>(frame.raster);
  const cover = coverOf(object);
  const blur = missingBlur(estimateSoftness(photo, around), estimateSoftness(object, cover));
  const soft = { raster: softenObject(object.raster as Frame['raster'], blur * grain), rect: object.rect };
  const measured = estimateGrain(photo, around);
  const wanted = { ...measured, sigma: Math.min(MOST_GRAIN, measured.sigma) };
  const own = estimateGrain(soft, cover);
  ctx.metric('blur', round(blur));
  ctx.metric('grain', Math.round(wanted.sigma * 1e5) / 1e5);
  return addGrain<Uint8Array | Uint16Array>(soft, coverOf(soft), wanted, own, {
    seed: GRAIN_SEED,
    strength: grain,
  });
}

/** 255 on the photo's own pixels around the object, 0 in the region. */
function surroundings(frame: Frame, region: MaskWindow, box: Rect): MaskWindow {
  const margin = Math.round(SURROUNDINGS * Math.max(box.width, box.height));
  const rect = clampRect(growRect(box, margin), frame.info.width, frame.info.height);
  const inside = cropWindow(region, rect);
  const data = inside.raster.data.map((v) => (v === 0 ? 255 : 0));
  return { raster: { ...inside.raster, data }, rect };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function describe(ctx: NodeContext<MatchParams>, room: RoomLight): void {
  ctx.metric('exposure', round(room.exposure));
  ctx.metric('white', room.white.map(round).join(' '));
  ctx.metric('slopeX', round(room.slopeX));
  ctx.metric('slopeY', round(room.slopeY));
  ctx.metric('black', round(room.black));
}
