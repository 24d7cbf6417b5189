import { FolderOpen } from 'lucide-react';
import { ask } from '../../state/bridge.ts';
import { useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { formatBytes, formatCount, formatSize, formatTime } from '../../ui/format.ts';
import { Fact } from '../fact.tsx';

const words = t.upscale;

/** What was delivered last, and that everything outside the edit is as it was. */
export function Report() {
  const { delivery } = useDocument();
  if (!delivery) return null;
  const { identity } = delivery;
  return (
    <section className="card" aria-label={words.delivered}>
      <div className="report-file">
        <i
          className="dot"
          data-state={identity.differing === 0 ? 'good' : identity.differing ? 'bad' : 'done'}
        />
        <b>{delivery.file}</b>
      </div>
      <dl>
        <Fact name={words.size} value={formatSize(delivery.width, delivery.height)} />
        <Fact
          name={words.file}
          value={[delivery.format.toUpperCase(), formatBytes(delivery.bytes)].join(' · ')}
        />
        <Fact
          name={words.profile}
          value={[delivery.profile ?? t.viewer.noProfile, delivery.dpi && `${delivery.dpi} dpi`]
            .filter(Boolean)
            .join(' · ')}
        />
        <Fact name={words.time} value={formatTime(delivery.ms)} />
        {identity.checked !== null && identity.differing !== null && (
          <Fact
            name={words.identity}
            value={words.differ(identity.differing, formatCount(identity.checked))}
          />
        )}
      </dl>
      <Button onClick={() => void ask('deliver.reveal', undefined)}>
        <FolderOpen aria-hidden />
        {words.reveal}
      </Button>
    </section>
  );
}
