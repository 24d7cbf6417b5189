import type { DiffusionPack } from '../../../diffusion/pack.ts';
import { RequestError } from '../../../errors.ts';
import type { ControlParams } from './params.ts';

/** Kinds of control picture that are drawn from the photo where no picture is given. */
export const drawnKinds = ['lineart', 'canny'] as const;
export type DrawnKind = (typeof drawnKinds)[number];

export function isDrawn(kind: string): kind is DrawnKind {
  return (drawnKinds as readonly string[]).includes(kind);
}

/**
 * Looks whether a pack can follow the controls that a recipe asks for, and whether there is a picture for each.
 * @throws RequestError for the first that cannot be followed
 */
export function requireControls(
  pack: string,
  spec: DiffusionPack,
  controls: readonly Pick<ControlParams, 'kind' | 'picture'>[],
): void {
  const offered = spec.controls.map(({ kind }) => kind).filter((kind) => kind !== 'depth');
  for (const { kind, picture } of controls) {
    if (kind === 'depth')
      throw new RequestError(
        'Depth control is not one of inpaint.controls: it is there by itself',
        'Use inpaint.controlScale, inpaint.controlStart and inpaint.controlEnd for it',
      );
    if (!offered.includes(kind))
      throw new RequestError(
        `The pack “${pack}” has no control “${kind}”`,
        offered.length > 0
          ? `Besides depth it has: ${offered.join(', ')}`
          : 'Leave inpaint.controls empty, or choose a pack that has one: davenport packs list',
      );
    if (picture === null && !isDrawn(kind))
      throw new RequestError(
        `The control “${kind}” needs a picture: it is not drawn from the photo`,
        `Give one, of the photo’s shape; ${drawnKinds.join(' and ')} are drawn from the photo`,
      );
  }
}

/** For a pack without a checkpoint where a diffusion pack is asked for. */
export function cannotPaint(pack: string): RequestError {
  return new RequestError(
    `The pack “${pack}” cannot paint`,
    'Choose a diffusion pack with --pack ID: davenport packs list shows which are installed',
  );
}
