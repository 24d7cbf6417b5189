import type { PlannedNode } from './graph.ts';

/** How an artifact becomes a picture a person can open. */
export type Picture =
  /** Samples as they are, in the frame's own depth and profile where they are a photo. */
  | 'frame'
  /** sRGB samples that carry no profile of the photo. */
  | 'srgb'
  /** One channel, u8. */
  | 'mask'
  /** f32 0–1 as 16-bit grey. */
  | 'unit16'
  /** f32 logits as grey: 0.5 at the boundary, by the sigmoid. */
  | 'logits'
  /** f32 multiplicative gains: grey is 1, ± 3 stops are white and black, per channel. */
  | 'gains'
  | 'json';

/** One file of `--save-intermediates`. */
export interface Intermediate {
  /** Name without folder, numbered in pipeline order. */
  readonly file: string;
  readonly node: string;
  readonly artifact: string;
  readonly picture: Picture;
  /** True where only the stored window is written (a patch in its frame), false for the whole photo. */
  readonly windowOnly: boolean;
}

interface Rule {
  readonly stem: string;
  readonly picture: Picture;
  readonly windowOnly?: boolean;
}

const rules: Readonly<Record<string, Rule>> = {
  'segment.mask/logits': { stem: '1-logits', picture: 'logits' },
  'segment.mask/selection': { stem: '1-selection', picture: 'mask' },
  'segment.import/selection': { stem: '1-selection', picture: 'mask' },
  'segment.paint/selection': { stem: '1-painted', picture: 'mask' },
  'segment.grow/mask': { stem: '1-mask', picture: 'mask' },
  'depth.estimate/depth': { stem: '2-depth', picture: 'unit16' },
  'depth.floor/control': { stem: '2-control', picture: 'srgb' },
  'depth.floor/floor': { stem: '2-floor', picture: 'json' },
  'inpaint.plate/plate': { stem: '3-plate', picture: 'frame', windowOnly: true },
  'inpaint.place/placement': { stem: '3-placement', picture: 'json' },
  'inpaint.place/object': { stem: '3-object', picture: 'srgb', windowOnly: true },
  'inpaint.place/shadow': { stem: '3-shadow', picture: 'mask' },
  'inpaint.crop/crop': { stem: '3-crop', picture: 'json' },
  'inpaint.crop/picture': { stem: '3-crop', picture: 'srgb' },
  'inpaint.crop/hole': { stem: '3-hole', picture: 'mask' },
  'inpaint.crop/control': { stem: '3-control', picture: 'srgb' },
  'inpaint.decode/decoded': { stem: '3-decoded', picture: 'srgb' },
  'inpaint.detail/detailed': { stem: '3-detailed', picture: 'srgb' },
  'inpaint.patch/patch': { stem: '3-inpaint', picture: 'srgb', windowOnly: true },
  'inpaint.patch/region': { stem: '3-region', picture: 'mask' },
  'color.match/field': { stem: '4-field', picture: 'gains' },
  'color.match/matched': { stem: '4-matched', picture: 'frame', windowOnly: true },
  'color.alpha/alpha': { stem: '4-alpha', picture: 'mask' },
  'color.composite/composite': { stem: '4-composite', picture: 'frame' },
  'upscale.frame/upscaled': { stem: '5-upscaled', picture: 'frame' },
};

/** A node whose outputs have the names of the recipe's controls. */
function ruleOf({ id }: PlannedNode, artifact: string): Rule | undefined {
  return id === 'inpaint.controls' ? { stem: `3-control-${artifact}`, picture: 'srgb' } : undefined;
}

/** The files to write for the nodes of a plan, in pipeline order; a second edit's names carry its number. */
export function listIntermediates(nodes: readonly PlannedNode[]): Intermediate[] {
  return nodes.flatMap((node) =>
    node.outputs.flatMap((artifact) => {
      const rule = rules[`${node.id}/${artifact}`] ?? ruleOf(node, artifact);
      if (!rule) return [];
      const edit = /^[1-9]\d*(?=\/)/.exec(node.key);
      const stem = edit ? `${rule.stem}-edit-${Number(edit[0]) + 1}` : rule.stem;
      const file = `${stem}.${rule.picture === 'json' ? 'json' : 'png'}`;
      return [
        { file, node: node.key, artifact, picture: rule.picture, windowOnly: rule.windowOnly ?? false },
      ];
    }),
  );
}
