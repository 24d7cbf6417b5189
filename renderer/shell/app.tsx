import { Tooltip } from 'radix-ui';
import { BatchPage } from '../batch/batch-page.tsx';
import { FolderPage } from '../batch/folder-page.tsx';
import { RecipesSheet } from '../recipes/recipes-sheet.tsx';
import { SaveRecipeSheet } from '../recipes/save-sheet.tsx';
import { useModel } from '../state/model.ts';
import { StartScreen } from '../start/start-screen.tsx';
import { DropTarget } from './drop-target.tsx';
import { KeysSheet } from './keys-sheet.tsx';
import { LiveRegion } from './live-region.tsx';
import { NoticeBar } from './notice-bar.tsx';
import { Workbench } from './workbench.tsx';

/** The whole window: one of three pages, and what may lie over any of them. */
export function App() {
  return (
    <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
      <DropTarget>
        <Page />
      </DropTarget>
      <KeysSheet />
      <RecipesSheet />
      <SaveRecipeSheet />
      <LiveRegion />
    </Tooltip.Provider>
  );
}

function Page() {
  const ready = useModel((m) => m.ready);
  const hasDocument = useModel((m) => m.document !== null);
  const hasFolder = useModel((m) => m.folder !== null);
  const hasBatch = useModel((m) => m.batch !== null);
  if (!ready) return null;
  if (hasDocument) return <Workbench />;
  return (
    <div className="page">
      <NoticeBar />
      {hasBatch ? <BatchPage /> : hasFolder ? <FolderPage /> : <StartScreen />}
    </div>
  );
}
