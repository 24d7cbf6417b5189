import type { StageNodes } from '../../node.ts';
import { runPatch } from './patch.ts';
import { runPlace } from './place.ts';
import { runPlate } from './plate.ts';

/** The nodes of the inpaint stage. */
export const inpaintNodes: StageNodes = {
  'inpaint.plate': runPlate,
  'inpaint.place': runPlace,
  'inpaint.patch': runPatch,
};
