import type { NodeContext, StageNodes } from '../../node.ts';
import { runControls } from './controls.ts';
import { runCrop } from './crop.ts';
import { runDecode } from './decode.ts';
import { runDetail } from './detail.ts';
import { runDiffusePatch } from './diffuse-patch.ts';
import { runPatch } from './patch.ts';
import { runPlace } from './place.ts';
import { runPlate } from './plate.ts';
import { runSample } from './sample.ts';

/** The nodes of the inpaint stage. */
export const inpaintNodes: StageNodes = {
  'inpaint.plate': runPlate,
  'inpaint.place': runPlace,
  'inpaint.patch': (ctx: NodeContext) => (ctx.inputs.has('painted') ? runDiffusePatch(ctx) : runPatch(ctx)),
  'inpaint.crop': runCrop,
  'inpaint.controls': runControls,
  'inpaint.sample': runSample,
  'inpaint.decode': runDecode,
  'inpaint.detail': runDetail,
};
