import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { MaskWindow } from '../../../imaging/window.ts';
import type { FloorPlane } from '../../../placement/floor-plane.ts';
import { layObject } from '../../../placement/lay-over.ts';
import { layoutProbabilities } from '../../../placement/layout.ts';
import { relightObject } from '../../../placement/relight.ts';
import { estimateRoomLight, lightField, type RoomLight } from '../../../placement/room-light.ts';
import { reduceMask } from '../../../placement/reduce-mask.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame, readWindow } from '../window-inputs.ts';
import type { ColorParams } from './params.ts';

export type MatchParams = Pick<ColorParams, 'method' | 'strength' | 'grain'>;

/** Longest side at which the room's light is looked at, px. */
const LIGHT_SIDE = 512;

/**
 * Fits the patch to the photo: `field` (gains in linear light) and `matched`, the patch in the frame's own profile. A
 * placed object gets the room's light; the plate came from the photo and is left as it is.
 */
export async function runMatch(ctx: NodeContext<MatchParams>): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const region = await readMask(ctx.inputs, 'region');
  const { rect } = region;
  if (!ctx.inputs.has('object')) {
    const patch = await readOverFrame(ctx.inputs, 'patch', frame, rect);
    await ctx.outputs.raster('field', {
      width: 1,
      height: 1,
      channels: 3,
      data: new Float32Array([1, 1, 1]),
    });
    await ctx.outputs.raster('matched', patch, { width, height, rect, background: 'frame' });
    return;
  }
  const object = await readWindow(ctx.inputs, 'object');
  const shadow = await readMask(ctx.inputs, 'shadow');
  const light = await lookAround(ctx, frame, region, object.rect);
  const field = lightField(light, object.rect, ctx.params.strength);
  await ctx.progress(0.3, 'Reading the light');
  const lit = relightObject(
    object.raster as Frame['raster'],
    object.rect,
    field,
    light.black * ctx.params.strength,
  );
  await ctx.progress(0.6, 'Lighting the piece');
  const plate = await readOverFrame(ctx.inputs, 'plate', frame, rect);
  const matched = await layObject(frame, plate, rect, { raster: lit, rect: object.rect }, shadow);
  await ctx.outputs.raster('field', field.gains);
  await ctx.outputs.raster('matched', matched, { width, height, rect, background: 'frame' });
  describe(ctx, light);
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
      ? layoutProbabilities(await ctx.inputs.raster('layout'), photo.width, photo.height)
      : null,
    focus: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
    horizon: floor.horizon * scale,
  });
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function describe(ctx: NodeContext<MatchParams>, light: RoomLight): void {
  ctx.metric('exposure', round(light.exposure));
  ctx.metric('white', light.white.map(round).join(' '));
  ctx.metric('slopeX', round(light.slopeX));
  ctx.metric('slopeY', round(light.slopeY));
  ctx.metric('black', round(light.black));
}
