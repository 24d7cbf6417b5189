import { RotateCcw } from 'lucide-react';
import { useLayerJson } from '../../state/json.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { commit, useParams } from '../../state/params.ts';
import { findLayer, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { formatShare } from '../../ui/format.ts';
import { SwitchRow } from '../../ui/switch-row.tsx';
import { Fact } from '../fact.tsx';
import { PackRow } from '../pack-row.tsx';
import { Panel } from '../panel.tsx';
import { isFloor } from './floor-grid.ts';

const words = t.depth;

/** Depth and the floor under the furniture. */
export function DepthPanel() {
  const document = useDocument();
  const params = useParams('depth');
  const floor = useLayerJson(findLayer(document, 'depth.floor/floor'));
  const found = isFloor(floor) ? floor : null;
  return (
    <Panel stage="depth" text={words.text}>
      {found && (
        <dl className="card">
          <Fact name={words.source} value={words.sources[found.source] ?? found.source} />
          <Fact name={words.confidence} value={formatShare(found.confidence)} />
          <Fact name={words.camera} value={`${Math.round(found.cameraHeight * 100)} cm`} />
          <Fact name={words.focal} value={words.focalPx(Math.round(found.focal))} />
        </dl>
      )}
      <Button
        disabled={params.floor === 'auto'}
        onClick={() => commit('depth', { floor: 'auto' }, words.history.auto)}
      >
        <RotateCcw aria-hidden />
        {words.auto}
      </Button>
      <p className="note small">{words.drag}</p>
      <Lockable params={['depth.invert']}>
        <SwitchRow
          label={words.invert}
          checked={params.invert}
          onChange={(invert) => commit('depth', { invert }, words.history.invert)}
        />
      </Lockable>
      <PackRow stage="depth" serves="depth" />
    </Panel>
  );
}
