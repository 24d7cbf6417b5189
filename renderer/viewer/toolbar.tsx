import { Columns2, Maximize, ScanEye, SquareSplitHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';

/** Floats over the photo: the step's own tools, then what every step can do. */
export function Toolbar({ children }: { readonly children: ReactNode }) {
  const compare = useView((v) => v.compare);
  const before = useView((v) => v.before);
  return (
    <div className="toolbar" role="toolbar" aria-label={t.viewer.tools}>
      {children}
      <IconButton
        label={t.viewer.before}
        keys={keysOf('before')}
        aria-pressed={before}
        onPointerDown={() => runCommand('before', 'down')}
        onPointerUp={() => runCommand('before', 'up')}
        onPointerLeave={() => before && runCommand('before', 'up')}
      >
        <ScanEye aria-hidden />
      </IconButton>
      <IconButton
        label={t.viewer.wipe}
        keys={keysOf('wipe')}
        aria-pressed={compare === 'wipe'}
        onClick={() => runCommand('wipe')}
      >
        <SquareSplitHorizontal aria-hidden />
      </IconButton>
      <IconButton
        label={t.viewer.sideBySide}
        keys={keysOf('side-by-side')}
        aria-pressed={compare === 'side'}
        onClick={() => runCommand('side-by-side')}
      >
        <Columns2 aria-hidden />
      </IconButton>
      <i className="toolbar-line" />
      <IconButton label={t.viewer.fit} keys={keysOf('fit')} onClick={() => runCommand('fit')}>
        <Maximize aria-hidden />
      </IconButton>
      <IconButton
        label={t.viewer.actual}
        keys={keysOf('zoom-actual')}
        onClick={() => runCommand('zoom-actual')}
      >
        <span className="toolbar-text">1:1</span>
      </IconButton>
    </div>
  );
}
