import { Waves } from 'lucide-react';
import { useEffect } from 'react';
import type { ColorParams } from '../../../main/pipeline/stages/color/params.ts';
import { thumbnailUrl } from '../../state/bridge.ts';
import { warmUp } from '../../state/color-draft.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { commitColors, draftColors, useParams } from '../../state/params.ts';
import { findLayer, lastLayer, metricOf, useDocument } from '../../state/select.ts';
import { setView, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { IconButton } from '../../ui/button.tsx';
import { formatCount, formatShare } from '../../ui/format.ts';
import { Segmented } from '../../ui/segmented.tsx';
import { SliderRow } from '../../ui/slider-row.tsx';
import { Fact } from '../fact.tsx';
import { Panel } from '../panel.tsx';
import { FeatherRow } from './feather-row.tsx';

const words = t.color;

const set = (values: Partial<ColorParams>, label: string, isFinal: boolean): void =>
  isFinal ? commitColors(values, label) : draftColors(values, label);

/** How the new pixels are fitted to the photo. Sliders run while they move. */
export function ColorPanel() {
  const params = useParams('color');
  useWarmUp();
  return (
    <Panel stage="color" text={words.methodTexts[params.method]}>
      <Lockable params={['color.method']}>
        <Segmented
          label={words.method}
          value={params.method}
          choices={words.methods}
          onChange={(method) => set({ method }, words.history.method, true)}
        />
      </Lockable>
      <Lockable params={['color.strength']}>
        <SliderRow
          label={words.strength}
          value={params.strength}
          min={0}
          max={1}
          step={0.01}
          unit={100}
          text={formatShare(params.strength)}
          onDraft={(strength) => set({ strength }, words.history.strength, false)}
          onCommit={(strength) => set({ strength }, words.history.strength, true)}
        />
      </Lockable>
      <Lockable params={['color.feather']}>
        <FeatherRow />
      </Lockable>
      <Lockable params={['color.grain']}>
        <SliderRow
          label={words.grain}
          value={params.grain}
          min={0}
          max={1}
          step={0.01}
          unit={100}
          text={params.grain === 1 ? words.photosGrain : formatShare(params.grain)}
          onDraft={(grain) => set({ grain }, words.history.grain, false)}
          onCommit={(grain) => set({ grain }, words.history.grain, true)}
        />
      </Lockable>
      <Drift />
      <Identity />
    </Panel>
  );
}

/** Prepares drafts once the composite is there and the engine rests. */
function useWarmUp(): void {
  const document = useDocument();
  const patch = findLayer(document, 'inpaint.patch/patch');
  const isIdle = document.running === null;
  const isMade = findLayer(document, 'color.composite/composite') !== null;
  useEffect(() => {
    if (patch && isIdle && isMade) warmUp();
  }, [patch, isIdle, isMade]);
}

function showField(): void {
  setView({ drift: true, compare: 'none' });
}

/** What was undone over the patch, as a picture and as a number. */
function Drift() {
  const document = useDocument();
  const field = lastLayer(document, 'color.match/field');
  const before = metricOf(document, 'color.match/field', 'rimBefore');
  const after = metricOf(document, 'color.match/field', 'rimAfter');
  const exposure = metricOf(document, 'color.match/field', 'exposure');
  if (!field) return null;
  return (
    <div className="card">
      <button type="button" className="card-picture" onClick={showField}>
        <img alt={words.field} src={thumbnailUrl(field)} />
      </button>
      {before !== null && after !== null ? (
        <div className="kv">
          <span>{words.drift}</span>
          <b>{words.driftPair(before * 255, after * 255)}</b>
        </div>
      ) : (
        <div className="kv">
          <span>{words.relight}</span>
          <b>{exposure === null || exposure <= 0 ? '' : words.stops(Math.log2(exposure))}</b>
        </div>
      )}
    </div>
  );
}

/** Everything else identical: how many pixels were compared, and how many differ. */
function Identity() {
  const document = useDocument();
  const checked = metricOf(document, 'color.composite/composite', 'checked');
  const differing = metricOf(document, 'color.composite/composite', 'differing');
  const soft = metricOf(document, 'color.alpha/alpha', 'alphaArea');
  if (checked === null || differing === null) return null;
  return (
    <dl className="card">
      <Fact
        name={words.outside}
        value={words.differ(differing, formatCount(checked))}
        dot={differing === 0 ? 'good' : 'bad'}
      />
      {soft !== null && <Fact name={words.changed} value={`${formatCount(soft)} px`} />}
    </dl>
  );
}

export function ColorBar() {
  const document = useDocument();
  const drift = useView((v) => v.drift);
  return (
    <>
      <IconButton
        label={words.showField}
        aria-pressed={drift}
        disabled={!lastLayer(document, 'color.match/field')}
        onClick={drift ? () => setView({ drift: false }) : showField}
      >
        <Waves aria-hidden />
      </IconButton>
      <i className="toolbar-line" />
    </>
  );
}
