import { CircleHelp, PanelBottom, Redo2, Undo2, X } from 'lucide-react';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { RecipeChip } from '../recipes/recipe-chip.tsx';
import { useModel } from '../state/model.ts';
import { useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { HistoryPopover } from './history-popover.tsx';
import { PreferencesMenu } from './preferences-menu.tsx';

export function TopBar() {
  const document = useDocument();
  const drawer = useView((v) => v.drawer);
  const folder = useModel((m) => m.folder);
  return (
    <header className="top-bar">
      <h1 className="brand">{t.name}</h1>
      {folder && <FolderPlace />}
      <span className="title">
        {document.name}
        <i>{document.saved ? t.bar.saved : t.bar.saving}</i>
      </span>
      <RecipeChip />
      <div className="top-actions">
        <PreferencesMenu />
        <IconButton
          label={t.bar.undo}
          keys={keysOf('undo')}
          disabled={!document.canUndo}
          onClick={() => runCommand('undo')}
        >
          <Undo2 aria-hidden />
        </IconButton>
        <IconButton
          label={t.bar.redo}
          keys={keysOf('redo')}
          disabled={!document.canRedo}
          onClick={() => runCommand('redo')}
        >
          <Redo2 aria-hidden />
        </IconButton>
        <HistoryPopover />
        <i className="toolbar-line" />
        <IconButton
          label={t.bar.drawer}
          keys={keysOf('drawer')}
          aria-pressed={drawer}
          onClick={() => runCommand('drawer')}
        >
          <PanelBottom aria-hidden />
        </IconButton>
        <IconButton label={t.bar.keys} keys={keysOf('keys')} onClick={() => runCommand('keys')}>
          <CircleHelp aria-hidden />
        </IconButton>
        <IconButton label={t.bar.close} keys={keysOf('close')} onClick={() => runCommand('close')}>
          <X aria-hidden />
        </IconButton>
        <Button look="primary" onClick={() => runCommand('deliver')}>
          {t.bar.deliver}
        </Button>
      </div>
    </header>
  );
}

function FolderPlace() {
  const folder = useModel((m) => m.folder);
  return folder && <span className="chip">{t.bar.folder(folder.photos.length, folder.name)}</span>;
}
