import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type {
  Channel,
  DocumentState,
  FolderState,
  RequestOf,
  ResponseOf,
  Result,
  Running,
} from '../../../preload/contract.ts';
import { calls } from '../../../preload/contract.ts';
import { answer } from '../../../main/app/answer.ts';
import { BatchDesk } from '../../../main/app/batch-desk.ts';
import { Desk } from '../../../main/app/desk.ts';
import type { Dialogs, SaveQuestion } from '../../../main/app/dialogs.ts';
import { createHandlers } from '../../../main/app/handlers.ts';
import { InstalledPacks } from '../../../main/app/installed-packs.ts';
import { Pictures } from '../../../main/app/pictures.ts';
import { openSettings } from '../../../main/app/preferences.ts';
import { Program } from '../../../main/app/program.ts';
import { RecipesDesk } from '../../../main/app/recipes-desk.ts';
import { Recents } from '../../../main/app/recents.ts';
import { startRestartable, type RestartableEngine } from '../../../main/app/restartable-engine.ts';
import { findSamples } from '../../../main/app/samples.ts';
import type { EngineOptions } from '../../../main/engine/supervisor.ts';
import { startTiles, type Tiles } from '../../../main/engine/tiles.ts';

/** The main process without Electron: everything behind the calls is real, dialogs are answered by the test. */
export interface ProgramUnderTest {
  readonly folder: string;
  readonly engine: RestartableEngine;
  readonly tiles: Tiles;
  readonly desk: Desk;
  readonly pictures: Pictures;
  /** What the window was told, in order. */
  readonly states: (DocumentState | null)[];
  readonly folders: (FolderState | null)[];
  readonly progress: Running[];
  readonly revealed: string[];
  /** Answers of dialogs still to come, and the questions of those that were asked. */
  readonly answers: (string | null)[];
  readonly questions: (string | SaveQuestion)[];
  call<C extends Channel>(channel: C, request: RequestOf<C>): Promise<Result<ResponseOf<C>>>;
  /** The same, where it must not fail. */
  ask<C extends Channel>(channel: C, request: RequestOf<C>): Promise<ResponseOf<C>>;
  close(): Promise<void>;
}

const samples = fileURLToPath(new URL('../../../assets/samples', import.meta.url));

/** @param folder kept by the caller; a new one, removed by close, where it is not given */
export async function startProgramUnderTest(
  options: EngineOptions & { readonly folder?: string } = {},
): Promise<ProgramUnderTest> {
  const { folder: given, ...engineOptions } = options;
  const folder = given ?? mkdtempSync(join(tmpdir(), 'davenport-app-'));
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const installed = new InstalledPacks(engineOptions.packs);
  const engine = startRestartable(engineOptions);
  const tiles = startTiles();
  const pictures = new Pictures();
  const [settings, recents, found] = await Promise.all([
    openSettings(data),
    Recents.open(data, pictures),
    findSamples(samples),
  ]);
  const states: (DocumentState | null)[] = [];
  const folders: (FolderState | null)[] = [];
  const progress: Running[] = [];
  const revealed: string[] = [];
  const answers: (string | null)[] = [];
  const questions: (string | SaveQuestion)[] = [];
  const next = <Q extends string | SaveQuestion>(question: Q) => {
    questions.push(question);
    const reply = answers.shift();
    if (reply === undefined)
      throw new TypeError(`Expected an answer for the dialog ${JSON.stringify(question)}`);
    return Promise.resolve(reply);
  };
  const dialogs: Dialogs = { openFile: next, openFolder: next, saveFile: next };
  const desk = new Desk({
    engine,
    tiles,
    pictures,
    packs: () => installed.list,
    projects: join(folder, 'projects'),
    sampleProjects: join(folder, 'sample-projects'),
    listener: {
      document: (state) => void states.push(state),
      running: (running) => void progress.push(running),
      folder: (state) => void folders.push(state),
      opened: (path) => void recents.note(path),
      pictured: (path, picture) => void recents.picture(path, picture),
    },
  });
  const program = new Program({
    version: '0.0.0',
    platform: 'linux',
    host: false,
    engine,
    tiles,
    installed,
    pictures,
    recents,
    settings,
    samples: found,
    tell: () => {},
  });
  const recipes = new RecipesDesk({ desk, dialogs, settings });
  const batch = new BatchDesk({
    desk,
    recipes,
    dialogs,
    settings,
    tiles,
    packs: () => installed.list,
    pictures,
    engine: () => ({}),
    fallback: join(folder, 'projects'),
    tell: () => {},
  });
  const handlers = createHandlers({
    desk,
    batch,
    recipes,
    program,
    recents,
    samples: found,
    pictures,
    tiles,
    dialogs,
    reveal: (path) => void revealed.push(path),
  });
  const call: ProgramUnderTest['call'] = (channel, request) =>
    answer(channel, () => handlers[channel](calls[channel].request.parse(request) as never)) as never;
  return {
    folder,
    engine,
    tiles,
    desk,
    pictures,
    states,
    folders,
    progress,
    revealed,
    answers,
    questions,
    call,
    async ask(channel, request) {
      const result = await call(channel, request);
      if (result.ok) return result.value;
      throw new Error(`${channel}: ${result.error.message} (${result.error.next})`);
    },
    async close() {
      await batch.close();
      await desk.close();
      await Promise.all([tiles.close(), engine.close()]);
      if (given === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The bundled room at a size that is quick to work on, with a click on its sofa. */
export const room = { width: 720, height: 480, sofa: { x: 382, y: 320, label: 'include' as const } };

/** Writes the room; returns the photo's path. */
export async function writeRoom(folder: string, name = 'room.jpg'): Promise<string> {
  const path = join(folder, name);
  await sharp(join(samples, 'living-room.jpg'))
    .resize(room.width, room.height)
    .jpeg({ quality: 92 })
    .toFile(path);
  return path;
}
