import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { Button } from '../ui/button.tsx';

const words = t.batch;

/** While a folder is clicked through: where one is, and the way on. */
export function ClickBar() {
  const clicking = useModel((m) => m.batch?.clicking ?? null);
  if (!clicking) return null;
  return (
    <div className="click-bar" role="status">
      <b>{words.clicking(clicking.left)}</b>
      <span>{words.clickHint}</span>
      <Button disabled={!clicking.canGoBack} onClick={() => runCommand('previous-step')}>
        {words.previousPhoto}
        <span className="key">{keysOf('previous-step')}</span>
      </Button>
      <Button onClick={() => runCommand('skip-photo')}>
        {words.skip}
        <span className="key">{keysOf('skip-photo')}</span>
      </Button>
      <Button look="primary" onClick={() => runCommand('next-step')}>
        {words.nextPhoto}
        <span className="key">{keysOf('next-step')}</span>
      </Button>
    </div>
  );
}
