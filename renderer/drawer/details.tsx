import { FolderOpen } from 'lucide-react';
import type { Intermediate } from '../../preload/contract.ts';
import { ask } from '../state/bridge.ts';
import { useLayerJson } from '../state/json.ts';
import { announce } from '../state/notices.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { formatSize, formatTime } from '../ui/format.ts';

/** Everything known of the intermediate that was picked last. */
export function Details({ intermediate }: { readonly intermediate: Intermediate }) {
  const { id, name, kind, width, height, ms, modelMs, provider, peakRssMb, sha256, metrics, verdict } =
    intermediate;
  const json = useLayerJson(kind === 'json' ? id : null);
  const facts: (readonly [string, string | null])[] = [
    [t.drawer.facts.size, width && height ? formatSize(width, height) : null],
    [t.drawer.facts.time, ms === null ? null : formatTime(ms)],
    [t.drawer.facts.model, modelMs === null || modelMs === 0 ? null : formatTime(modelMs)],
    [t.drawer.facts.provider, provider],
    [t.drawer.facts.memory, peakRssMb === null ? null : `${Math.round(peakRssMb)} MB`],
    ...Object.entries(metrics).map(([metric, value]) => [metric, describe(value)] as const),
    [t.drawer.facts.hash, sha256 && `${sha256.slice(0, 12)}…`],
  ];
  const reveal = async () => {
    const answer = await ask('layer.reveal', { layer: id });
    if (answer) announce(t.drawer.revealed(answer.value));
  };
  return (
    <aside className="details" aria-label={t.drawer.detailsOf(name)}>
      <header>
        <b>{name}</b>
        <Button look="ghost" onClick={() => void reveal()}>
          <FolderOpen aria-hidden />
          {t.drawer.reveal}
        </Button>
      </header>
      {verdict && (
        <p className="verdict">
          <i className="dot" data-state={verdict.level} />
          {verdict.text}
        </p>
      )}
      <dl className="scroll">
        {facts.map(([title, value]) => value && <Line key={title} name={title} value={value} />)}
        {kind === 'json' && json !== null && <pre>{JSON.stringify(json, null, 1)}</pre>}
      </dl>
    </aside>
  );
}

function Line({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="kv">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A metric as text; empty ones are left out. */
function describe(value: unknown): string | null {
  if (typeof value === 'number')
    return String(Math.abs(value) < 1000 ? Number(value.toPrecision(4)) : Math.round(value));
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  if (typeof value === 'string') return value === '' ? null : value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}
