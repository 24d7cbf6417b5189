import type { Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { NodeContext, StageNodes } from '../../node.ts';
import { alignDepth, quantile } from './align-depth.ts';
import { findFloor } from './find-floor.ts';
import { estimateByPack } from './estimate-by-pack.ts';
import type { DepthParams } from './params.ts';

/** Long side of the depth map, at most. */
const DEPTH_SIDE = 1024;

/** The net's disparity → depth, 0–1, near is 1, tied to the floor plane and set on the photo's edges. */
async function estimate(context: NodeContext<Pick<DepthParams, 'invert'>>): Promise<void> {
  const frame = await context.frame();
  const disparity = await context.inputs.raster('disparity');
  const layout = await context.inputs.raster('layout');
  const plane = await findFloor(frame, layout, 'auto');
  await context.progress(0.4);
  const rgb = await toSrgb8(frame, { longSide: DEPTH_SIDE });
  const net = context.params.invert ? negate(disparity) : disparity;
  const { depth, tied, floorResidual } = alignDepth(net, layout, plane, rgb);
  await context.outputs.raster('depth', depth);
  const sorted = Float32Array.from(depth.data).sort();
  context.metric('p2', round(quantile(sorted, 0.02)));
  context.metric('p98', round(quantile(sorted, 0.98)));
  context.metric('tiedToFloor', tied);
  if (floorResidual !== null) context.metric('floorResidual', round(floorResidual));
}

/** The floor plane, and the depth map as a control image. */
async function floor(context: NodeContext<Pick<DepthParams, 'floor'>>): Promise<void> {
  const frame = await context.frame();
  const layout = await context.inputs.raster('layout');
  const plane = await findFloor(frame, layout, context.params.floor);
  await context.outputs.json('floor', plane);
  await context.outputs.raster('control', toControl(await context.inputs.raster('depth')));
  context.metric('source', plane.source);
  context.metric('confidence', round(plane.confidence));
  context.metric('horizon', round(plane.horizon / plane.height));
  context.metric('roll', round((plane.roll * 180) / Math.PI));
  context.metric('focal', Math.round(plane.focal));
  context.metric('cameraHeight', round(plane.cameraHeight));
}

/** u8, near is white, stretched from the 2nd to the 98th percentile. */
function toControl({ width, height, data }: Raster): Raster<Uint8Array> {
  const sorted = Float32Array.from(data).sort();
  const low = quantile(sorted, 0.02);
  const scale = 255 / Math.max(quantile(sorted, 0.98) - low, 1e-6);
  const control = new Uint8Array(width * height);
  for (let i = 0; i < control.length; i++)
    control[i] = Math.min(255, Math.max(0, (data[i]! - low) * scale + 0.5));
  return { width, height, channels: 1, data: control };
}

function negate({ width, height, channels, data }: Raster): Raster<Float32Array> {
  return { width, height, channels, data: Float32Array.from(data, (v) => -v) };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

export const depthNodes: StageNodes = {
  'depth.net': estimateByPack,
  'depth.estimate': estimate,
  'depth.floor': floor,
};
