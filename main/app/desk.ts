import { mkdir, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { DocumentState, DropRole, FolderState, Running } from '../../preload/contract.ts';
import type { LayerSource } from '../engine/tiles/protocol.ts';
import type { Tiles } from '../engine/tiles.ts';
import { RequestError } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import { openExisting, openPhoto, type Decide, type Workbench } from '../pipeline/workbench.ts';
import { DamagedProjectError } from '../store/errors.ts';
import { importMask, importProduct } from './document-files.ts';
import { OpenFolder } from './folder.ts';
import { OpenDocument } from './open-document.ts';
import { THUMBNAIL_SIDE, type Pictures, type SmallPicture } from './pictures.ts';
import { chooseProjectPath, chooseRecoveredPath } from './project-places.ts';
import type { RestartableEngine } from './restartable-engine.ts';
import type { SamplePhoto } from './samples.ts';

/** What the desk hears nothing back from. */
export interface DeskListener {
  document(state: DocumentState | null): void;
  running(running: Running): void;
  folder(state: FolderState | null): void;
  /** A project was opened; its picture follows when there is one. */
  opened(path: string): void;
  pictured(path: string, picture: SmallPicture): void;
}

export interface DeskParts {
  readonly engine: RestartableEngine;
  readonly tiles: Tiles;
  packs(): readonly Pack[];
  readonly pictures: Pictures;
  readonly listener: DeskListener;
  /** Where projects go whose photo's folder cannot be written. */
  readonly projects: string;
  /** Where the projects of samples go. */
  readonly sampleProjects: string;
}

const keepRecipe: Decide = async (recipe) => ({ recipe, files: [], label: 'Photo opened' });

/** What lies on the desk: one project, or a folder of photos, or nothing. Opening and closing happen one at a time. */
export class Desk {
  readonly #parts: DeskParts;
  #document: OpenDocument | null = null;
  #folder: OpenFolder | null = null;
  /** The project that could not be opened because it is damaged. */
  #damaged: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  get document(): OpenDocument | null {
    return this.#document;
  }

  get folder(): FolderState | null {
    return this.#folder?.state ?? null;
  }

  /** @throws RequestError where no folder is open */
  requireFolder(): OpenFolder {
    if (this.#folder) return this.#folder;
    throw new RequestError('No folder is open', 'Open a folder of photos first');
  }

  get damaged(): string | null {
    return this.#damaged;
  }

  /** @throws RequestError where nothing is open */
  requireDocument(): OpenDocument {
    if (this.#document) return this.#document;
    throw new RequestError('No project is open', 'Open a photo or a project first');
  }

  /** @throws RequestError for an id that is not of what is open */
  layer(id: string): LayerSource {
    const found = this.#document?.layers.find(id);
    if (found) return found;
    throw new RequestError('There is no such picture', 'Choose another one');
  }

  /** Opens what was dropped, chosen or given by the system: a photo, a project, a folder, or several of them. */
  async open(paths: readonly string[]): Promise<DocumentState | FolderState> {
    const [first] = paths;
    if (first === undefined) throw new RequestError('Nothing was dropped that is a file', 'Drop a photo');
    const info = await stat(first).catch(() => null);
    if (!info) throw new RequestError(`There is no file ${first}`, 'Check the path');
    if (paths.length > 1 || info.isDirectory()) return this.openFolder(paths);
    if (extname(first).toLowerCase() === '.davenport') return this.openProject(first);
    return this.openPhoto(first);
  }

  /** Files dropped onto something of the open document. */
  async drop(paths: readonly string[], role: DropRole): Promise<DocumentState | FolderState> {
    if (role === 'open') return this.open(paths);
    const document = this.requireDocument();
    const [path] = paths;
    if (path === undefined) throw new RequestError('Nothing was dropped that is a file', 'Drop a picture');
    if (role === 'mask') await importMask(document, document.state.edit, path);
    else await importProduct(document, document.state.edit, path);
    return document.state;
  }

  /** Starts a project from a photo, or continues the one that holds it. */
  openPhoto(photo: string): Promise<DocumentState> {
    return this.#exclusively(async () => {
      const { engine, projects } = this.#parts;
      const { problem } = await this.#parts.tiles.inspect(photo, basename(photo));
      // A plain look refuses what is no photo before anything that runs is stopped for it.
      if (problem === null) await this.#document?.cancel();
      const { sha256 } = await engine.importPhoto({ path: photo });
      await mkdir(projects, { recursive: true });
      const project = await chooseProjectPath(photo, sha256, projects);
      if (project === this.#document?.bench.project.path) return this.#document.state;
      await this.#clear();
      return this.#show(await openPhoto(engine, this.#parts.packs(), photo, project, keepRecipe));
    });
  }

  /** Starts or continues the project of a photo at a given place. */
  openAt(photo: string, project: string, decide: Decide = keepRecipe): Promise<DocumentState> {
    return this.#exclusively(async () => {
      if (project === this.#document?.bench.project.path) return this.#document.state;
      await this.#clear();
      await mkdir(dirname(project), { recursive: true });
      return this.#show(await openPhoto(this.#parts.engine, this.#parts.packs(), photo, project, decide));
    });
  }

  /** Closes the project, and leaves the folder open. */
  closeDocument(): Promise<void> {
    return this.#exclusively(() => this.#clear());
  }

  openProject(path: string): Promise<DocumentState> {
    return this.#exclusively(async () => {
      if (path === this.#document?.bench.project.path) return this.#document.state;
      return this.#openProject(path);
    });
  }

  openSample({ id, photo }: SamplePhoto): Promise<DocumentState> {
    return this.#exclusively(async () => {
      const { engine, sampleProjects } = this.#parts;
      const path = join(sampleProjects, `${id}.davenport`);
      if (path === this.#document?.bench.project.path) return this.#document.state;
      if (existsSync(path)) return this.#openProject(path);
      await mkdir(sampleProjects, { recursive: true });
      await this.#clear();
      return this.#show(await openPhoto(engine, this.#parts.packs(), photo, path, keepRecipe));
    });
  }

  /** Reads what can be read of the damaged project into a new file beside it and opens that. */
  recover(): Promise<DocumentState> {
    return this.#exclusively(async () => {
      const damaged = this.#damaged;
      if (damaged === null) throw new RequestError('No project needs to be recovered', 'Open one first');
      const path = chooseRecoveredPath(damaged);
      await this.#parts.engine.recoverProject(damaged, path);
      return this.#openProject(path);
    });
  }

  /** Lists the photos of folders and files; the list grows while they are read. */
  openFolder(paths: readonly string[]): Promise<FolderState> {
    return this.#exclusively(async () => {
      const folder = new OpenFolder(paths, this.#parts.pictures, this.#parts.tiles);
      await this.#clear();
      this.#folder?.close();
      this.#folder = folder;
      const tell = () => {
        if (this.#folder === folder) this.#parts.listener.folder(folder.state);
      };
      tell();
      const reading = folder.read(paths, tell);
      reading.catch(() => {});
      // A short list is there at once; a folder that cannot be read is refused.
      await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, FOLDER_WAIT_MS))]);
      return folder.state;
    });
  }

  openFolderPhoto(id: string): Promise<DocumentState> {
    if (!this.#folder) return Promise.reject(new RequestError('No folder is open', 'Open one first'));
    return this.openPhoto(this.#folder.pathOf(id));
  }

  /** Closes the project; where none is open, the folder. */
  close(): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#document) return this.#clear();
      this.#folder?.close();
      this.#folder = null;
      this.#parts.listener.folder(null);
    });
  }

  async #openProject(path: string): Promise<DocumentState> {
    try {
      // What is open stays open until the other one has proved to be readable.
      const bench = await openExisting(this.#parts.engine, this.#parts.packs(), path);
      this.#damaged = null;
      await this.#clear();
      return this.#show(bench);
    } catch (error) {
      if (error instanceof DamagedProjectError) this.#damaged = path;
      throw error;
    }
  }

  #show(bench: Workbench): DocumentState {
    const { listener, pictures } = this.#parts;
    const told = {
      changed: (state: DocumentState) => listener.document(state),
      progress: (running: Running) => listener.running(running),
    };
    const document = new OpenDocument(bench, told, pictures);
    this.#document = document;
    listener.document(document.state);
    listener.opened(bench.project.path);
    void this.#picture(document);
    void document.prepare();
    return document.state;
  }

  /** Closes the document that is open; it is saved already. */
  async #clear(): Promise<void> {
    const document = this.#document;
    if (!document) return;
    await this.#picture(document);
    this.#document = null;
    this.#parts.listener.document(null);
    const { path } = document.bench.project;
    await Promise.all([document.stop(), this.#parts.tiles.closeProject(path).catch(() => undefined)]);
    await document.close();
  }

  /** Keeps a small picture of the project as it stands, for the start screen. */
  async #picture(document: OpenDocument): Promise<void> {
    const { path } = document.bench.project;
    const layer = document.layers.find(document.cover);
    if (!layer) return;
    const patience = AbortSignal.timeout(PICTURE_WAIT_MS);
    await this.#parts.tiles.thumbnail(layer, THUMBNAIL_SIDE, patience).then(
      (picture) => this.#parts.listener.pictured(path, picture),
      () => undefined,
    );
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** How long closing a project waits for its picture, ms. */
const PICTURE_WAIT_MS = 2000;
/** How long a folder's first answer waits for its list to be complete, ms. */
const FOLDER_WAIT_MS = 300;

/** The folder in which a delivery or a copy of a project is proposed. */
export function homeOf(document: OpenDocument): string {
  return dirname(document.bench.project.path);
}
