import { accessSync, constants, existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { RequestError } from '../errors.ts';
import type { ArtifactId, StoredArtifact } from './artifact.ts';
import * as artifacts from './artifacts.ts';
import {
  closeWriteHandle,
  enterWriteMode,
  openReadHandle,
  openWriteHandle,
  type ReadHandle,
  whileAlone,
  type WriteHandle,
} from './database.ts';
import { DamagedProjectError, notWritable, withStoreErrors, withStoreErrorsAsync } from './errors.ts';
import { type Eviction, evictArtifacts, measureSize, type ProjectSize } from './evict.ts';
import { createProjectFile } from './create.ts';
import { inspectHeader } from './header.ts';
import { migrate, requireReadableVersion } from './migrations/index.ts';
import { keepFile, type KeptFile, readKeptFile } from './kept-files.ts';
import * as recipes from './recipes.ts';
import * as runs from './runs.ts';
import { readSetting, writeSetting } from './settings.ts';
import { importSource, readSource, readSourceInfo, type SourceInfo } from './source.ts';

/** Options of a writing connection. */
export interface WriteOptions {
  readonly write: true;
  /** Largest size the file may reach, in pages of 8 KB; what goes beyond fails as a full disk does. */
  readonly maxPages?: number;
}

/** An open project file that can be read; see {@link openProject}. Every method may throw DamagedProjectError. */
export class ProjectReader {
  readonly path: string;
  readonly #db: ReadHandle;

  constructor(path: string, db: ReadHandle) {
    this.path = path;
    this.#db = db;
  }

  /** The photo file byte for byte; null before one is imported. */
  source(): Uint8Array | null {
    return this.#read(readSource);
  }

  sourceInfo(): SourceInfo | null {
    return this.#read(readSourceInfo);
  }

  /** A file besides the photo, by its hash; null where the project has none. */
  keptFile(sha256: string): KeptFile | null {
    return this.#read((db) => readKeptFile(db, sha256));
  }

  /** The recipe as it stands; null before the first commit. */
  recipe(): recipes.RecipeRevision | null {
    return this.#read(recipes.readHead);
  }

  revision(id: number): recipes.RecipeRevision | null {
    return this.#read((db) => recipes.readRevision(db, id));
  }

  /** Every revision, oldest first. */
  history(): recipes.HistoryEntry[] {
    return this.#read(recipes.listHistory);
  }

  /** The finished run of a fingerprint with its artifacts; null where it must be computed. */
  findRun(fingerprint: string): runs.StoredRun | null {
    return this.#read((db) => runs.findRun(db, fingerprint));
  }

  /** Every recorded run, failed ones too, in the order they finished. */
  listRuns(): runs.StoredRun[] {
    return this.#read(runs.listRuns);
  }

  findArtifact(id: ArtifactId): StoredArtifact | null {
    return this.#read((db) => artifacts.findArtifact(db, id));
  }

  /** All bytes of an artifact as stored (a window's alone). Throws TypeError for an unknown id. */
  readArtifact(id: ArtifactId): Promise<{ meta: StoredArtifact; bytes: Uint8Array }> {
    return withStoreErrorsAsync(this.path, () => artifacts.readArtifact(this.#db, id));
  }

  /** Stored rows `from` ≤ row < `to`, top to bottom, in bands of a few megabytes. */
  async *readArtifactBands(
    id: ArtifactId,
    from?: number,
    to?: number,
  ): AsyncGenerator<artifacts.ArtifactBand> {
    const bands = artifacts.readArtifactBands(this.#db, id, from, to);
    try {
      for (;;) {
        const next = await withStoreErrorsAsync(this.path, () => bands.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await bands.return(undefined);
    }
  }

  setting(key: string): unknown {
    return this.#read((db) => readSetting(db, key));
  }

  size(): ProjectSize {
    return this.#read(measureSize);
  }

  close(): void {
    this.#db.close();
  }

  #read<T>(query: (db: ReadHandle) => T): T {
    return withStoreErrors(this.path, () => query(this.#db));
  }
}

/** An open project file that can be changed. A full disk is a MachineError after which all that was finished stands. */
export class ProjectWriter extends ProjectReader {
  readonly #db: WriteHandle;

  constructor(path: string, db: WriteHandle) {
    super(path, db);
    this.#db = db;
  }

  /** Keeps the photo file verbatim. Throws a RequestError where the project holds another photo. */
  importSource(bytes: Uint8Array, name: string, sha256: string, mediaType: string): void {
    this.#write((db) => importSource(db, bytes, name, sha256, mediaType));
  }

  /** Keeps another file verbatim (an imported mask, a product picture), under its hash. */
  keepFile(bytes: Uint8Array, name: string, sha256: string): void {
    this.#write((db) => keepFile(db, bytes, name, sha256));
  }

  /** Makes `recipe` (any JSON value) the head of the history; nothing is added where it equals the head. */
  commitRecipe(recipe: unknown, label: string): recipes.RecipeRevision {
    return this.#write((db) => recipes.commitRecipe(db, recipe, label));
  }

  /** One step back; null at the beginning. */
  undo(): recipes.RecipeRevision | null {
    return this.#write(recipes.undoRecipe);
  }

  /** One step forward again; null at the end. */
  redo(): recipes.RecipeRevision | null {
    return this.#write(recipes.redoRecipe);
  }

  /** Goes to any revision of the history. */
  visit(revision: number): recipes.RecipeRevision {
    return this.#write((db) => recipes.visitRevision(db, revision));
  }

  /**
   * Writes an artifact; it counts once {@link commitRun} links it.
   * @param content all bytes (of the window, where there is one), or pieces of any size in row order
   */
  writeArtifact(
    draft: artifacts.ArtifactDraft,
    content: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<ArtifactId> {
    return withStoreErrorsAsync(this.path, () => artifacts.writeArtifact(this.#db, draft, content));
  }

  /** Records a run and links its artifacts, by name, in one transaction; its row is what makes them count. */
  commitRun(run: runs.NodeRunRecord, artifactIds: Readonly<Record<string, ArtifactId>>): void {
    this.#write((db) => runs.commitRun(db, run, artifactIds));
  }

  /** Marks runs as used now, for the order of eviction. */
  touchRuns(fingerprints: readonly string[]): void {
    this.#write((db) => runs.touchRuns(db, fingerprints));
  }

  /** Drops the least recently used runs with their artifacts until these fit the budget; see {@link evictArtifacts}. */
  evictArtifacts(keepFingerprints: Iterable<string>, budgetBytes: number): Promise<Eviction> {
    return withStoreErrorsAsync(this.path, () => evictArtifacts(this.#db, keepFingerprints, budgetBytes));
  }

  /** Keeps any JSON value under a key. */
  setSetting(key: string, value: unknown): void {
    this.#write((db) => writeSetting(db, key, value));
  }

  /** Closes the connection; the last one to close leaves a single file. */
  override close(): void {
    this.#write(closeWriteHandle);
  }

  #write<T>(change: (db: WriteHandle) => T): T {
    return withStoreErrors(this.path, () => change(this.#db));
  }
}

/** What the engine and the runner hold. */
export type Project = ProjectWriter;

/**
 * Makes a project file and opens it for writing. A file of no bytes counts as none.
 *
 * @throws RequestError where there is a file already, or the folder is missing or read-only
 */
export function createProject(path: string, options: Omit<WriteOptions, 'write'> = {}): ProjectWriter {
  if (existsSync(path) && withStoreErrors(path, () => inspectExisting(path)) !== 'empty') {
    throw new RequestError(`${basename(path)} already exists`, 'Open it, or choose another name');
  }
  requireWritable(dirname(resolve(path)), path);
  withStoreErrors(path, () => createProjectFile(path));
  return openProject(path, { write: true, ...options });
}

/** What is at `path` as far as making a project there goes: a foreign file is in the way as much as a project. */
function inspectExisting(path: string): 'empty' | 'taken' {
  try {
    return inspectHeader(path) === 'empty' ? 'empty' : 'taken';
  } catch (error) {
    if (error instanceof RequestError) return 'taken';
    throw error;
  }
}

/**
 * Opens a project file. Takes as long for 2 GB as for a small one: only the header, the schema and the newest recipe
 * are read; {@link verifyProject} reads the rest. A writing connection that is the first one sweeps what a killed
 * process left unfinished. A file of no bytes counts as new: it is made into a project when opened for writing.
 *
 * @throws NotAProjectError, DamagedProjectError, NewerProjectError, or another RequestError where it is missing,
 *   read-only (for writing) or empty (for reading)
 */
export function openProject(path: string, options: WriteOptions): ProjectWriter;
export function openProject(path: string, options: { readonly write: false }): ProjectReader;
export function openProject(path: string, options: WriteOptions | { readonly write: false }): ProjectReader {
  return withStoreErrors(path, () => {
    if (inspectHeader(path) === 'empty') {
      if (options.write) return createProject(path, options);
      throw new RequestError(`${basename(path)} is empty`, 'Open it for editing, or start from a photo');
    }
    return options.write ? openForWriting(path, options) : openForReading(path);
  });
}

function openForReading(path: string): ProjectReader {
  const db = openReadHandle(path);
  try {
    requireReadableVersion(db, path, false);
    probe(db, path);
    return new ProjectReader(path, db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function openForWriting(path: string, options: WriteOptions): ProjectWriter {
  requireWritable(path, path);
  requireWritable(dirname(resolve(path)), path);
  const db = openWriteHandle(path);
  try {
    requireReadableVersion(db, path, true);
    migrate(db);
    probe(db, path);
    whileAlone(db, () => artifacts.sweepOrphans(db));
    enterWriteMode(db, path);
    if (options.maxPages !== undefined) db.pragma(`max_page_count = ${options.maxPages}`);
    return new ProjectWriter(path, db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Reads a little of every table that is needed at once, so that a broken one is refused here and not halfway. */
function probe(db: ReadHandle, path: string): void {
  try {
    readSourceInfo(db);
    recipes.readHead(db);
    readSetting(db, 'uuid');
    db.prepare('SELECT 1 FROM node_run r, run_artifact l, artifact a, artifact_chunk c LIMIT 1').get();
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === 'SQLITE_ERROR')
      throw new DamagedProjectError(path, 'its tables are missing', { cause: error });
    throw error;
  }
}

function requireWritable(target: string, path: string): void {
  try {
    accessSync(target, constants.W_OK);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') {
      throw new RequestError(`There is no folder ${target}`, 'Make it first, or choose another', {
        cause: error,
      });
    }
    throw notWritable(path, { cause: error });
  }
}
