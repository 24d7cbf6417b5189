import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../../../main/imaging/frame.ts';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import { planRecipe } from '../../../../../main/pipeline/plan.ts';
import { recipeSchema } from '../../../../../main/pipeline/recipe.ts';
import { paint } from '../../../../../main/pipeline/stages/segment/paint.ts';
import type { SegmentParams } from '../../../../../main/pipeline/stages/segment/params.ts';
import { tryNode, wholeOf } from '../../../../support/node-context.ts';

const frame: Frame = {
  info: { width: 60, height: 40, channels: 3, depth: 8, format: 'png', convertedFromCmyk: false, notes: [] },
  raster: createRaster('u8', 60, 40, 3),
  icc: null,
};
const dab = (mode: 'add' | 'erase', x: number, size = 10): SegmentParams['strokes'][number] => ({
  mode,
  size,
  hardness: 1,
  points: [x, 20],
});
const selection = (() => {
  const raster = createRaster('u8', 10, 10);
  raster.data.fill(255);
  return {
    raster,
    window: { width: 60, height: 40, rect: { x: 20, y: 15, width: 10, height: 10 }, background: 'zero' },
  } as const;
})();

const nodesFor = (segment: object) =>
  planRecipe(recipeSchema.parse({ edits: [{ segment }] }))
    .edits[0]!.filter((node) => node.stage === 'segment')
    .map(({ id, inputs }) => [id, inputs['selection']?.node ?? null]);

describe('brush and eraser', () => {
  test('paint over the selection, which the mask is grown from', () => {
    expect(nodesFor({ clicks: [{ x: 1, y: 1, label: 'include' }], strokes: [dab('add', 5)] })).toEqual([
      ['segment.encode', null],
      ['segment.mask', null],
      ['segment.paint', '0/segment.mask'],
      ['segment.grow', '0/segment.paint'],
    ]);
  });

  test('need no click: what they paint alone is a mask', () => {
    expect(nodesFor({ strokes: [dab('add', 5)] }).map(([id]) => id)).toEqual([
      'segment.encode',
      'segment.paint',
      'segment.grow',
    ]);
  });

  test('leave the plan as it was where there are none', () => {
    expect(nodesFor({ clicks: [{ x: 1, y: 1, label: 'include' }] }).map(([id]) => id)).not.toContain(
      'segment.paint',
    );
  });

  test('add to the selection and take from it', async () => {
    const trial = tryNode({
      params: { strokes: [dab('add', 45), dab('erase', 25, 4)] },
      frame,
      inputs: { selection },
    });
    await paint(trial.context);
    const mask = wholeOf(trial.written.get('selection'));
    expect(mask.data[20 * 60 + 45]).toBe(255);
    expect(mask.data[20 * 60 + 25]).toBe(0);
    expect(mask.data[20 * 60 + 21]).toBe(255);
    expect(mask.data[5 * 60 + 5]).toBe(0);
  });

  test('that leave nothing are refused with what to do', async () => {
    const trial = tryNode({ params: { strokes: [dab('erase', 25, 40)] }, frame, inputs: { selection } });
    await expect(paint(trial.context)).rejects.toMatchObject({
      kind: 'request',
      next: expect.stringMatching(/Undo/),
    });
  });
});
