import { create } from 'zustand';
import type { AppState, BatchState, DocumentState, FolderState, Running } from '../../preload/contract.ts';
import { t } from '../strings.ts';
import { askQuietly } from './bridge.ts';
import { announce, reportError } from './notices.ts';

/** What the main process says, as it said it last. */
interface Model {
  readonly app: AppState | null;
  readonly document: DocumentState | null;
  readonly folder: FolderState | null;
  readonly batch: BatchState | null;
  /** Newer than `document.running` between two states. */
  readonly progress: Running | null;
  /** False until the first answers are there. */
  readonly ready: boolean;
}

export const useModel = create<Model>()(() => ({
  app: null,
  document: null,
  folder: null,
  batch: null,
  progress: null,
  ready: false,
}));

/** Of the newest state that was taken in. */
let newest = 0;

/** Takes a document's state in, from an event or an answer; an answer that newer events have overtaken is dropped. */
export function takeDocument(document: DocumentState | null): void {
  if (document && document.sequence < newest) return;
  newest = document?.sequence ?? newest;
  const before = useModel.getState().document;
  useModel.setState({ document, progress: document?.running ?? null });
  if (document) speakOf(before, document);
}

/** Takes a batch's state in, as {@link takeDocument} does. */
export function takeBatch(batch: BatchState | null): void {
  const { batch: before } = useModel.getState();
  if (!batch || !before || batch.revision >= before.revision) useModel.setState({ batch });
}

/** Asks for everything once and listens from then on. */
export async function connect(): Promise<void> {
  const { davenport } = window;
  davenport.on('document.changed', takeDocument);
  davenport.on('folder.changed', (folder) => useModel.setState({ folder }));
  davenport.on('batch.changed', takeBatch);
  davenport.on('app.changed', (app) => useModel.setState({ app }));
  davenport.on('app.failed', reportError);
  // Somebody may have installed a pack or moved a project in another program.
  window.addEventListener('focus', () => void lookAgain());
  davenport.on('run.progress', (progress) => useModel.setState({ progress }));
  const [app, document, folder, batch] = await Promise.all([
    askQuietly('app.state', undefined),
    askQuietly('document.state', undefined),
    askQuietly('folder.state', undefined),
    askQuietly('batch.state', undefined),
  ]);
  useModel.setState((now) => ({
    app: now.app ?? app,
    document: now.document ?? document,
    folder: now.folder ?? folder,
    batch: now.batch ?? batch,
    progress: document?.running ?? null,
    ready: true,
  }));
}

async function lookAgain(): Promise<void> {
  const app = await askQuietly('app.state', undefined);
  if (app) useModel.setState({ app });
}

/** Tells screen readers what a sighted person sees change: a stage that begins, ends or fails. */
function speakOf(before: DocumentState | null, now: DocumentState): void {
  if (now.error && now.error.message !== before?.error?.message) {
    announce(`${now.error.message}. ${now.error.next}`);
  } else if (now.running && now.running.stage !== before?.running?.stage) {
    announce(t.live.running(t.stages[now.running.stage]));
  } else if (!now.running && before?.running) {
    announce(t.live.done(t.stages[before.running.stage]));
  }
}
