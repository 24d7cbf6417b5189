import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { thumbnailUrl } from '../state/bridge.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Progress } from '../ui/progress.tsx';

/** What is being computed, how far it is, and the way out of it. Runs under a quarter of a second show nothing. */
export function RunChip() {
  const progress = useModel((m) => m.progress);
  if (!progress) return null;
  const { stage, label, total, preview } = progress;
  return (
    <div className="run-chip">
      {preview && <img alt={t.run.preview} src={thumbnailUrl(preview)} />}
      <div>
        <span className="run-text">
          <b>{t.stages[stage]}</b> {label ?? t.run.working}
        </span>
        <Progress label={t.stages[stage]} value={total > 0 ? total : null} />
      </div>
      <Button look="ghost" aria-keyshortcuts={keysOf('cancel')} onClick={() => runCommand('cancel')}>
        {t.run.cancel}
        <span className="key">Esc</span>
      </Button>
    </div>
  );
}
