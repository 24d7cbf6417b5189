import { FileDown, Trash2 } from 'lucide-react';
import { useEffect } from 'react';
import { Lockable } from '../../recipes/lockable.tsx';
import { useModel } from '../../state/model.ts';
import { commit, draft, useParams } from '../../state/params.ts';
import { hasTarget, metricOf, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { formatShare } from '../../ui/format.ts';
import { SliderRow } from '../../ui/slider-row.tsx';
import { FeatherRow } from '../color/feather-row.tsx';
import { Fact } from '../fact.tsx';
import { PackRow } from '../pack-row.tsx';
import { Panel } from '../panel.tsx';
import { autoGrow, clearSelection, draftGrow, dropMask, importMask } from './actions.ts';
import { warmUp } from './coarse.ts';
import { Proposals } from './proposals.tsx';

const words = t.segment;
/** The pack that comes with the program. */
const STARTER = 'starter';

/** Parameters of the mask. */
export function SegmentPanel() {
  const document = useDocument();
  const params = useParams('segment');
  const { width, height } = document.photo;
  const there = hasTarget(document);
  const isIdle = document.running === null;
  useEffect(() => {
    if (isIdle && !there) void warmUp();
  }, [isIdle, there]);
  const grow = params.grow === 'auto' ? autoGrow(width, height) : params.grow;
  return (
    <Panel
      stage="segment"
      text={there ? words.text(params.clicks.length, params.strokes.length) : words.begin}
    >
      {there && (
        <Lockable params={['segment.proposal']}>
          <Proposals />
        </Lockable>
      )}
      <Lockable params={['segment.grow']}>
        <SliderRow
          label={words.grow}
          value={grow}
          min={0}
          max={Math.max(40, autoGrow(width, height) * 8)}
          step={1}
          curve={2}
          text={`${grow} px`}
          auto={{
            on: params.grow === 'auto',
            set: () => commit('segment', { grow: 'auto' }, words.history.grow),
          }}
          onDraft={draftGrow}
          onCommit={(value) => commit('segment', { grow: value }, words.history.grow)}
        />
      </Lockable>
      <Lockable params={['color.feather']}>
        <FeatherRow />
      </Lockable>
      <Lockable params={['segment.edges']}>
        <SliderRow
          label={words.edges}
          value={params.edges}
          min={0}
          max={1}
          step={0.01}
          unit={100}
          text={formatShare(params.edges)}
          onDraft={(edges) => draft('segment', { edges }, words.history.edges)}
          onCommit={(edges) => commit('segment', { edges }, words.history.edges)}
        />
      </Lockable>
      <PackRow stage="segment" serves="segment" />
      <PreviewNote />
      <Quality />
      <div className="pair">
        <Button
          onClick={() => void importMask()}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            const [file] = event.dataTransfer.files;
            if (!file) return;
            event.preventDefault();
            event.stopPropagation();
            void dropMask(file);
          }}
        >
          <FileDown aria-hidden />
          {words.import}
        </Button>
        <Button onClick={clearSelection} disabled={!there}>
          <Trash2 aria-hidden />
          {words.clear}
        </Button>
      </div>
    </Panel>
  );
}

/** Previews are made by the starter's small nets, whatever pack makes the mask: said where that is another. */
function PreviewNote() {
  const { pack } = useParams('segment');
  const packs = useModel((m) => m.app)?.packs ?? [];
  if (pack === STARTER) return null;
  return <p className="note">{words.starterPreview(packs.find(({ id }) => id === pack)?.title ?? pack)}</p>;
}

/** What the mask's own numbers say of it. */
function Quality() {
  const document = useDocument();
  const iou = metricOf(document, 'segment.mask/logits', 'predictedIou');
  const stability = metricOf(document, 'segment.mask/logits', 'stability');
  const area = metricOf(document, 'segment.mask/logits', 'area');
  if (iou === null && area === null) return null;
  const { width, height } = document.photo;
  return (
    <dl className="card">
      {iou !== null && <Fact name={words.quality} value={formatShare(iou)} />}
      {stability !== null && <Fact name={words.stability} value={formatShare(stability)} />}
      {area !== null && (
        <Fact name={words.area} value={formatShare(area > 1 ? area / (width * height) : area)} />
      )}
    </dl>
  );
}
