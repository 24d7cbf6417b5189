import { Braces } from 'lucide-react';
import type { Intermediate } from '../../preload/contract.ts';
import { thumbnailUrl } from '../state/bridge.ts';
import { isThere } from '../state/select.ts';
import { pickIntermediate } from '../state/view.ts';
import { t } from '../strings.ts';
import { formatSize, formatTime } from '../ui/format.ts';

interface FrameProps {
  readonly intermediate: Intermediate;
  /** Its place among the picked ones; −1 where it is not. */
  readonly place: number;
  readonly two: boolean;
}

/** One picture of the film strip, with its numbers. */
export function Frame({ intermediate, place, two }: FrameProps) {
  const { id, key, name, kind, width, height, status, ms, provider, verdict } = intermediate;
  const there = isThere(intermediate);
  const picture = kind !== 'json' && (there || width !== null);
  const state = there ? (status === 'ran' ? t.drawer.ran : t.drawer.cached) : t.drawer.status[status];
  return (
    <li>
      <button
        type="button"
        className="frame"
        data-status={status}
        aria-pressed={place >= 0}
        disabled={!there}
        onClick={(event) => pickIntermediate(key, event.shiftKey)}
      >
        <span className="frame-picture" data-kind={kind}>
          {picture && <img alt="" src={thumbnailUrl(id)} loading="lazy" draggable={false} />}
          {kind === 'json' && <Braces aria-hidden />}
          {place >= 0 && two && (
            <span className="frame-place">{place === 0 ? t.drawer.left : t.drawer.right}</span>
          )}
        </span>
        <span className="frame-line">
          <span className="frame-name">
            {verdict && <i className="dot" data-state={verdict.level} />}
            {name}
          </span>
          <small>{ms === null || !there ? '' : formatTime(ms)}</small>
        </span>
        <span className="frame-line">
          <small>{width && height ? formatSize(width, height) : kind === 'json' ? t.drawer.text : ''}</small>
          <small>{[there ? provider : null, state].filter(Boolean).join(' · ')}</small>
        </span>
      </button>
    </li>
  );
}
