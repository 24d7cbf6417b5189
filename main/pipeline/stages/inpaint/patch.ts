import { isEmptyRect, unionRect } from '../../../imaging/geometry.ts';
import { growMask, maskArea, trimMask, uniteMasks } from '../../../imaging/mask-ops.ts';
import type { MaskWindow, RasterWindow, Size } from '../../../imaging/window.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { srgbToFrame } from '../../../imaging/srgb.ts';
import { layObject } from '../../../placement/lay-over.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame, readWindow } from '../window-inputs.ts';

/** Shadow from which on a pixel belongs to the region: about 1 %. */
const FAINT = 3;
/** Specks inside what the plate changed, where it happens to equal the photo, are closed up to this many px. */
const SPECKS = 2;
/** Rim around the object, as a share of the photo's diagonal, in which the alpha may fall off: the automatic feather. */
const RIM = 0.0018;

/**
 * The neutral `patch` (plate, the new shadow on it, the neutral-lit object over both) and the edited `region`, u8:
 * old object ∪ what the plate changed beside it ∪ new object ∪ its shadow, before the feather.
 */
export async function runPatch(ctx: NodeContext): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const mask = await readMask(ctx.inputs, 'mask');
  const placed = ctx.inputs.has('object');
  const object = placed ? ((await readWindow(ctx.inputs, 'object')) as RasterWindow) : null;
  const shadow = placed ? await readMask(ctx.inputs, 'shadow') : null;
  const changed = plateChanges(frame, await readWindow(ctx.inputs, 'plate'));
  const region = joinRegion(join(mask, growMask(changed, SPECKS, frame.info)), object, shadow, frame.info);
  await ctx.progress(0.4, 'Joining the region');
  const { rect } = region;
  const plate = await readOverFrame(ctx.inputs, 'plate', frame, rect);
  const raster = object && shadow ? layObject(plate, rect, await toFrame(object, frame), shadow) : plate;
  await ctx.outputs.raster('patch', raster, { width, height, rect, background: 'frame' });
  await ctx.outputs.raster('region', region.raster, { width, height, rect, background: 'zero' });
  ctx.metric('regionArea', maskArea(region, 1));
}

/** A window of sRGB in the frame's profile and colors; alpha is kept. */
async function toFrame({ raster, rect }: RasterWindow, frame: Frame): Promise<RasterWindow> {
  return { raster: await srgbToFrame(raster as Frame['raster'], frame), rect };
}

/**
 * Mask ∪ object ∪ shadow. The object's part is grown by a rim: the alpha falls off inside the region, and it must not
 * fall off on the object's own edge, which is soft already.
 */
export function joinRegion(
  mask: MaskWindow,
  object: RasterWindow | null,
  shadow: MaskWindow | null,
  photo: Size,
): MaskWindow {
  let region = trimMask(mask);
  if (object) {
    const rim = Math.ceil(Math.max(2, RIM * Math.hypot(photo.width, photo.height))) + 1;
    region = join(region, growMask(coverage(object), rim, photo));
  }
  if (shadow) region = join(region, trimMask(atLeast(shadow, FAINT)));
  return trimMask(region);
}

/** 255 where the plate differs from the photo: it also takes the old object's shadow away, beside the mask. */
export function plateChanges(frame: Frame, { raster, rect }: RasterWindow): MaskWindow {
  const { width, height, channels, data } = raster;
  const out = new Uint8Array(width * height);
  for (let y = 0, p = 0, i = 0; y < height; y++) {
    let at = ((rect.y + y) * frame.raster.width + rect.x) * channels;
    for (let x = 0; x < width; x++, p++)
      for (let c = 0; c < channels; c++, i++, at++) if (data[i] !== frame.raster.data[at]) out[p] = 255;
  }
  return trimMask({ raster: { width, height, channels: 1, data: out }, rect });
}

function join(a: MaskWindow, b: MaskWindow): MaskWindow {
  return isEmptyRect(b.rect) ? a : uniteMasks(a, b, unionRect(a.rect, b.rect));
}

/** 255 where an RGBA window is not fully transparent. */
function coverage({ raster, rect }: RasterWindow): MaskWindow {
  const { width, height, channels, data } = raster;
  const out = new Uint8Array(width * height);
  for (let p = 0, i = channels - 1; p < out.length; p++, i += channels) if (data[i]! > 0) out[p] = 255;
  return trimMask({ raster: { width, height, channels: 1, data: out }, rect });
}

/** 255 where a mask reaches a value, else 0. */
function atLeast({ raster, rect }: MaskWindow, threshold: number): MaskWindow {
  const data = raster.data.map((v) => (v >= threshold ? 255 : 0));
  return { raster: { ...raster, data }, rect };
}
