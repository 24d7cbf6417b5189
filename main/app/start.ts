import { app, type BrowserWindow, shell } from 'electron';
import { join } from 'node:path';
import type { Events } from '../../preload/contract.ts';
import { startTiles } from '../engine/tiles.ts';
import { toErrorRecord } from '../errors.ts';
import { answer } from './answer.ts';
import { BatchDesk } from './batch-desk.ts';
import { Desk } from './desk.ts';
import { systemDialogs } from './electron-dialogs.ts';
import { createHandlers } from './handlers.ts';
import { InstalledPacks } from './installed-packs.ts';
import { registerCalls } from './ipc.ts';
import { addBundledPacks, places } from './places.ts';
import { Pictures } from './pictures.ts';
import { openSettings } from './preferences.ts';
import { Program } from './program.ts';
import { RecipesDesk } from './recipes-desk.ts';
import { Recents } from './recents.ts';
import { startRestartable } from './restartable-engine.ts';
import { findSamples } from './samples.ts';
import { serveWindow } from './schemes.ts';
import { lockDown } from './security.ts';
import { utilityHost } from './utility-host.ts';
import { focusWindow, openWindow, toggleFullScreen } from './window.ts';
import { WindowFrame } from './window-frame.ts';

/**
 * Puts the program together and opens its window.
 * @returns opens files that the system gives: photos, projects, folders
 */
export async function startProgram(): Promise<(paths: readonly string[]) => void> {
  lockDown();
  addBundledPacks();
  let window: BrowserWindow | null = null;
  const contents = () => (window && !window.isDestroyed() ? window.webContents : null);
  const tell = <E extends keyof Events>(event: E, value: Events[E]) => contents()?.send(event, value);

  const settings = await openSettings(places.data);
  const pictures = new Pictures();
  const recents = await Recents.open(places.data, pictures);
  const samples = await findSamples(places.samples);
  const { memory, provider } = settings.value;
  const installed = new InstalledPacks();
  const packs = () => installed.list;
  const engine = startRestartable({
    host: utilityHost,
    packs: installed.folders,
    preset: memory,
    provider,
    previews: true,
    log: (line) => console.error(line),
  });
  const tiles = startTiles(utilityHost);

  const program = new Program({
    version: app.getVersion(),
    platform: process.platform as 'darwin' | 'win32' | 'linux',
    host: process.env['DAVENPORT_HOST'] !== undefined,
    engine,
    tiles,
    installed,
    pictures,
    recents,
    settings,
    samples,
    tell: (state) => tell('app.changed', state),
  });
  const frame = new WindowFrame(
    () => window,
    (command) => (command === 'full-screen' ? toggleFullScreen(window) : tell('command', command)),
  );
  const desk = new Desk({
    engine,
    tiles,
    packs,
    pictures,
    projects: places.projects,
    sampleProjects: join(places.data, 'samples'),
    listener: {
      document(state) {
        frame.show(state, desk.document?.bench.project.path ?? null);
        tell('document.changed', state);
      },
      running(running) {
        frame.progress(running.total);
        tell('run.progress', running);
      },
      folder(state) {
        tell('folder.changed', state);
        if (state === null) void batch.close();
        else if (!state.reading) void batch.resume(desk.requireFolder());
      },
      opened(path) {
        if (process.platform !== 'linux') app.addRecentDocument(path);
        void recents.note(path).then(() => program.tell());
      },
      pictured: (path, picture) =>
        void recents.picture(path, picture).then(
          () => program.tell(),
          () => undefined,
        ),
    },
  });

  const dialogs = systemDialogs(() => window, settings);
  const recipes = new RecipesDesk({ desk, dialogs, settings });
  const batch = new BatchDesk({
    desk,
    recipes,
    dialogs,
    settings,
    tiles,
    packs,
    pictures,
    engine: () => ({
      host: utilityHost,
      packs: installed.folders,
      preset: settings.value.memory,
      provider: settings.value.provider,
    }),
    fallback: places.projects,
    tell: (state) => tell('batch.changed', state),
  });
  const context = { desk, batch, recipes, program, recents, samples, pictures, tiles, dialogs };
  const handlers = createHandlers({ ...context, reveal: (path) => shell.showItemInFolder(path) });
  registerCalls(contents, handlers, (paths, as) => desk.drop(paths, as));
  serveWindow(places.renderer, {
    tiles,
    pictures,
    layer: (id) => desk.document?.layers.find(id),
  });

  let loaded = Promise.resolve();
  const showWindow = () => {
    const opened = openWindow(places.preload, settings);
    window = opened;
    loaded = new Promise((resolve) => opened.webContents.once('did-finish-load', () => resolve()));
    opened.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') opened.webContents.reload();
    });
    opened.on('closed', () => {
      window = null;
      void desk.close();
    });
    frame.show(desk.document?.state ?? null, desk.document?.bench.project.path ?? null);
  };
  showWindow();
  void loaded.then(async () => {
    for (const problem of installed.problems) tell('app.failed', { ...toErrorRecord(problem), action: null });
    await program.lookAround();
  });

  app.on('activate', () => {
    if (!window) showWindow();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  endCleanly(async () => {
    await batch.close();
    while (desk.document) await desk.close();
    await Promise.all([tiles.close(), engine.close()]);
  });

  const openPaths = async (paths: readonly string[]) => {
    if (!window) showWindow();
    if (window) focusWindow(window);
    if (paths.length === 0) return;
    await loaded;
    const result = await answer('document.dropped', () => desk.open(paths));
    if (!result.ok) tell('app.failed', result.error);
  };
  return (paths) =>
    void openPaths(paths).catch((error: unknown) => console.error(toErrorRecord(error).message));
}

/** Closes everything before the program ends, so that the project is one file again. */
function endCleanly(close: () => Promise<void>): void {
  let isClosed = false;
  app.on('before-quit', (event) => {
    if (isClosed) return;
    event.preventDefault();
    void close()
      .catch((error: unknown) => console.error(toErrorRecord(error).message))
      .finally(() => {
        isClosed = true;
        app.quit();
      });
  });
}
