import { type ReactNode, useEffect, useRef } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { LayerId } from '../../preload/contract.ts';
import { useColorDraft } from '../state/color-draft.ts';
import { useParams } from '../state/params.ts';
import { useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { useCamera } from './camera.ts';
import { Compared } from './compared.tsx';
import { Crosshair } from './crosshair.tsx';
import { moveCrosshair } from './crosshair-keys.ts';
import { setPane, setPhoto } from './move.ts';
import { Pane } from './pane.tsx';
import { ReadOut } from './read-out.tsx';
import { decideShown, MASK_TINT } from './shown.ts';
import { attachSurface, focusQuietly } from './surface.ts';
import { Toolbar } from './toolbar.tsx';
import { useWipe } from './use-wipe.ts';

/** The photo in the middle of the window, with what the step at hand lays over it. */
export function Viewer({ overlay, bar }: { readonly overlay: ReactNode; readonly bar: ReactNode }) {
  const document = useDocument();
  // Not the whole: the pointer's place changes with every move and is none of the panes' business.
  const view = useView(
    useShallow(({ step, compare, before, overlay, depthShown, picked }) => ({
      step,
      compare,
      before,
      overlay,
      depthShown,
      picked,
    })),
  );
  const area = useRef<HTMLDivElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const [at, setAt] = useWipe();
  const { compare } = view;
  const draft = useColorDraft((c) => c.draft);
  const shown = decideShown(document, { ...view, draft });
  const { width, height } = document.photo;

  useEffect(() => setPhoto(width, height), [width, height]);
  useEffect(() => focusQuietly(surface.current), []);
  useEffect(() => (surface.current ? attachSurface(surface.current) : undefined), []);
  useEffect(() => {
    const box = area.current;
    if (!box) return;
    const measure = () => setPane(box.clientWidth / (compare === 'side' ? 2 : 1), box.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    measure();
    return () => observer.disconnect();
  }, [compare]);

  const twice = compare !== 'none' || view.before;
  const share = view.before ? 1 : at;
  return (
    <main className="viewer" aria-label={t.viewer.name}>
      <div ref={area} className="viewer-area" data-compare={view.before ? 'wipe' : compare}>
        <Pane className="main" label={shown.mainLabel} layers={shown.main} />
        <MaskPane mask={shown.mask} />
        {twice && (
          <Pane
            className="before"
            label={shown.beforeLabel}
            layers={shown.before}
            clip={compare === 'side' ? undefined : `inset(0 ${(1 - share) * 100}% 0 0)`}
          />
        )}
        <div
          ref={surface}
          className="surface"
          tabIndex={0}
          role="application"
          aria-label={t.viewer.surface}
          aria-roledescription={t.viewer.name}
          onBlur={(event) => event.currentTarget.removeAttribute('data-quiet')}
          onKeyDown={(event) => {
            if (event.target === event.currentTarget && moveCrosshair(event)) event.preventDefault();
          }}
        />
        <div className="overlays">
          {!view.before && overlay}
          <Crosshair />
        </div>
        {twice && (
          <Compared
            before={shown.beforeLabel}
            after={view.before ? null : shown.mainLabel}
            side={compare === 'side' && !view.before}
            at={compare === 'wipe' && !view.before ? at : null}
            onMove={setAt}
          />
        )}
      </div>
      <Toolbar>{bar}</Toolbar>
      <ReadOut />
    </main>
  );
}

/**
 * The mask's tint, a pane of its own so that the feather can be seen while its slider moves: blurring what is on the
 * screen costs no run. A Gaussian of a third of the feather reaches about as far as the feather does.
 */
function MaskPane({ mask }: { readonly mask: LayerId | null }) {
  const { feather } = useParams('color');
  const scale = useCamera((c) => c.scale);
  if (!mask) return null;
  const blur = feather === 'auto' ? 0 : (feather / 3) * scale;
  return (
    <div className="mask-tint main" style={{ filter: blur > 0.4 ? `blur(${blur.toFixed(1)}px)` : 'none' }}>
      <Pane
        className="whole"
        label={t.viewer.mask}
        layers={[{ slot: 'mask', layer: mask, tint: MASK_TINT }]}
      />
    </div>
  );
}
