import { TriangleAlert, X } from 'lucide-react';
import type { StageId } from '../../preload/contract.ts';
import type { ShownError } from '../state/bridge.ts';
import { act } from '../state/document.ts';
import { useModel } from '../state/model.ts';
import { dismissError, useNotices } from '../state/notices.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';

/** What failed, what to do about it, and a button that does it. Quiet: nothing has to be clicked away. */
export function NoticeBar() {
  const notice = useNotices((n) => n.notice);
  const failure = useModel((m) => m.document?.error ?? null);
  const step = useView((v) => v.step);
  if (notice) return <Notice error={notice.error} stage={step} onClose={dismissError} />;
  if (failure && failure.kind !== 'cancelled') return <Notice error={failure} stage={failure.stage} />;
  return null;
}

interface NoticeProps {
  readonly error: ShownError;
  readonly stage: StageId;
  onClose?(): void;
}

function Notice({ error, stage, onClose }: NoticeProps) {
  const { action } = error;
  return (
    <div className="notice" role="alert">
      <TriangleAlert aria-hidden />
      <p>
        <b>{error.message}</b> <span>{error.next}</span>
      </p>
      {action && <Button onClick={() => void act(action, stage)}>{t.errors.actions[action]}</Button>}
      {onClose && (
        <button type="button" className="button ghost icon" aria-label={t.close} onClick={onClose}>
          <X aria-hidden />
        </button>
      )}
    </div>
  );
}
