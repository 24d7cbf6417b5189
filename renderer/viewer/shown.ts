import type { DocumentState, LayerId, StageId } from '../../preload/contract.ts';
import { pictureUrl } from '../state/bridge.ts';
import type { ColorDraft } from '../state/color-draft.ts';
import { frameLayer, hasTarget, isThere, lastLayer, paramsOf } from '../state/select.ts';
import type { Compare, DepthShown } from '../state/view.ts';
import { t } from '../strings.ts';
import type { LayerSpec } from './layer-stack.ts';

/** Color of the mask over the photo: the one accent of the window, seen on wood, wall and cloth alike. */
export const MASK_TINT = '6ea8e6';

export interface Shown {
  readonly main: readonly LayerSpec[];
  readonly mainLabel: string;
  /** What stands beside or under the wipe. */
  readonly before: readonly LayerSpec[];
  readonly beforeLabel: string;
  /** Mask that is laid over as a tint. */
  readonly mask: LayerId | null;
}

export interface ShownView {
  /** How the composite will look, until it does. */
  readonly draft?: ColorDraft | null;
  readonly step: StageId;
  readonly compare: Compare;
  /** The photo as it was, while a key is held. */
  readonly before: boolean;
  readonly overlay: boolean;
  readonly depthShown: DepthShown;
  readonly picked: readonly string[];
}

const base = (layer: LayerId): LayerSpec => ({ slot: 'base', layer });

/** What the viewer shows: the picked intermediates, or what the step at hand made. */
export function decideShown(document: DocumentState, view: ShownView): Shown {
  const picked = view.picked
    .map((key) => document.intermediates.find((i) => i.key === key))
    .filter((i) => i !== undefined && i.kind !== 'json' && isThere(i));
  const photo = frameLayer(document);
  const [first, second] = picked;
  if (first) {
    return {
      main: [base((second ?? first).id)],
      mainLabel: (second ?? first).name,
      before: [base(second ? first.id : photo)],
      beforeLabel: second ? first.name : t.viewer.photo,
      mask: null,
    };
  }
  const main = mainOf(document, view, photo);
  const isWiped = view.step === 'color' && view.compare === 'wipe' && !view.before;
  const painted = isWiped ? lastLayer(document, 'inpaint.patch/patch') : null;
  return {
    ...main,
    before: [base(painted ?? photo)],
    beforeLabel: painted ? asItCame(document) : t.viewer.photo,
  };
}

function mainOf(
  document: DocumentState,
  view: ShownView,
  photo: LayerId,
): Pick<Shown, 'main' | 'mainLabel' | 'mask'> {
  // What was made of an object that is no longer marked is nobody's picture any more.
  const isLive = (name: string) => name.startsWith('depth.') || hasTarget(document);
  const layer = (name: string) => (isLive(name) ? lastLayer(document, name) : null);
  const mask = view.overlay ? layer('segment.grow/mask') : null;
  switch (view.step) {
    case 'segment':
      return { main: [base(photo)], mainLabel: t.viewer.mask, mask };
    case 'depth': {
      const depth = view.depthShown === 'map' ? layer('depth.estimate/depth') : null;
      return { main: [base(depth ?? photo)], mainLabel: depth ? t.viewer.depth : t.viewer.photo, mask: null };
    }
    case 'inpaint': {
      const painted = layer('inpaint.patch/patch');
      return {
        main: [base(painted ?? photo)],
        mainLabel: painted ? asItCame(document) : t.viewer.photo,
        mask: painted ? null : mask,
      };
    }
    case 'color': {
      const composite = layer('color.composite/composite');
      const draft = view.draft && view.draft.over === composite ? draftOver(document, view.draft) : [];
      return {
        main: [base(composite ?? layer('inpaint.patch/patch') ?? photo), ...draft],
        mainLabel: composite ? t.viewer.matched : asItCame(document),
        mask: null,
      };
    }
    case 'upscale': {
      const done = layer('upscale.frame/upscaled');
      return {
        main: [base(done ?? layer('color.composite/composite') ?? layer('inpaint.patch/patch') ?? photo)],
        mainLabel: done ? t.viewer.upscaled : t.viewer.matched,
        mask: null,
      };
    }
  }
}

function draftOver({ photo }: DocumentState, { over, url, rect }: ColorDraft): LayerSpec[] {
  const picture = { url: pictureUrl(url), rect, photoWidth: photo.width };
  return [{ slot: 'draft', layer: over, picture }];
}

/** What the patch is called before its colors are matched. */
function asItCame(document: DocumentState): string {
  return paramsOf(document, 'inpaint').engine === 'diffuse' ? t.viewer.painted : t.viewer.placed;
}
