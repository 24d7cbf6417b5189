import { RequestError } from '../../../errors.ts';
import { decodeFrame } from '../../../imaging/decode.ts';
import { detectEdges, drawLines } from '../../../imaging/edge-maps.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { Size } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { cropControl, type CropGeometry } from './crop.ts';
import { diffusionOf } from './open-checkpoint.ts';
import type { ControlParams, InpaintParams } from './params.ts';
import { isDrawn, requireControls } from './require-controls.ts';

/** What a control picture is made of; scale, start and end are the sampler's. */
export type ControlSource = Pick<ControlParams, 'kind' | 'picture'>;

export type ControlsParams = Pick<InpaintParams, 'pack'> & { readonly controls: readonly ControlSource[] };

/** Where the pictures are made for, and what is seen there. */
interface Place {
  readonly photo: Size;
  readonly rect: Rect;
  /** The photo at the model's size, and what is to be painted in it. */
  readonly picture: Raster<Uint8Array>;
  readonly hole: Mask;
}

/** A control picture for each of the recipe's further controls, u8 at the model's size, by the name of its kind. */
export async function runControls(ctx: NodeContext<ControlsParams>): Promise<void> {
  const { info } = await ctx.frame();
  const { rect } = await ctx.inputs.json<CropGeometry>('crop');
  const picture = (await ctx.inputs.raster('picture')) as Raster<Uint8Array>;
  const hole = (await ctx.inputs.raster('hole')) as Mask;
  const { pack, controls } = ctx.params;
  requireControls(pack ?? 'starter', diffusionOf(ctx, pack), controls);
  const made = await makeControls(ctx, controls, { photo: info, rect, picture, hole });
  for (const [kind, raster] of made) await ctx.outputs.raster(kind, raster);
}

/** The control pictures by kind. @throws RequestError for a picture that is not of the photo's shape */
export async function makeControls(
  ctx: Pick<NodeContext, 'blob'>,
  controls: readonly ControlSource[],
  place: Place,
): Promise<Map<string, Raster<Uint8Array>>> {
  const made = new Map<string, Raster<Uint8Array>>();
  for (const control of controls) made.set(control.kind, await makeControl(ctx, control, place));
  return made;
}

/**
 * One that is drawn says nothing inside the hole: the lines there are those of the old object. One that is given is
 * taken as it is.
 */
async function makeControl(
  ctx: Pick<NodeContext, 'blob'>,
  { kind, picture: sha256 }: ControlSource,
  { photo, rect, picture, hole }: Place,
): Promise<Raster<Uint8Array>> {
  if (sha256 !== null) {
    const given = await toSrgb8(await decodeFrame(await ctx.blob(sha256), `the control picture for ${kind}`));
    requireShape(kind, given, photo);
    return cropControl(given, photo, rect, { width: picture.width, height: picture.height });
  }
  if (!isDrawn(kind)) throw new TypeError(`Expected a picture for ${kind} but received none`);
  const drawn = kind === 'canny' ? detectEdges(picture) : drawLines(picture);
  for (let i = 0; i < hole.data.length; i++) if (hole.data[i]! > 0) drawn.data[i] = 0;
  return drawn;
}

/** Rounding of a reduced picture's sides, as a share. */
const SHAPE_TOLERANCE = 0.01;

function requireShape(kind: string, given: Size, photo: Size): void {
  const ratio = given.width / given.height / (photo.width / photo.height);
  if (Math.abs(ratio - 1) <= SHAPE_TOLERANCE) return;
  throw new RequestError(
    `The picture for the control “${kind}” is ${given.width}×${given.height}, the photo ${photo.width}×${photo.height}`,
    'Give one of the photo’s shape, of any size: it is laid over the whole photo',
  );
}
