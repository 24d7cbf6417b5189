import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RequestError } from '../errors.ts';
import { saveIntermediates } from '../pipeline/workbench.ts';
import type { Described } from './intermediates.ts';
import type { OpenDocument } from './open-document.ts';

/** Files that come into an open document and go out of it, the delivery aside. */

/** Takes a mask picture in place of clicks. @throws RequestError for a file that is no picture of the photo's shape */
export async function importMask(document: OpenDocument, edit: number, path: string): Promise<void> {
  const mask = await keepFile(document, path);
  const values = { mask, clicks: [], box: null };
  document.book.change(edit, 'segment', values, 'Mask imported', true);
  document.refresh();
}

/** Takes the client's own product picture in place of a catalogue piece. */
export async function importProduct(document: OpenDocument, edit: number, path: string): Promise<void> {
  const product = await keepFile(document, path);
  document.book.change(edit, 'inpaint', { product }, 'Product picture', true);
  document.refresh();
}

function keepFile({ bench }: OpenDocument, path: string): Promise<string> {
  return bench.engine.keepPicture({ project: bench.project.path, path });
}

/** Writes one intermediate beside the project. @returns its path */
export async function writeIntermediate({ bench }: OpenDocument, { hold, file }: Described): Promise<string> {
  if (!hold) throw new RequestError('This intermediate has not been made yet', 'Run its step first');
  const folder = intermediatesFolder(bench.project.path);
  await makeFolder(folder);
  const path = join(folder, file);
  await bench.engine.exportArtifact({
    project: bench.project.path,
    source: hold.source,
    path,
    picture: hold.picture,
  });
  return path;
}

/** Writes every intermediate that exists as a numbered file. @returns how many */
export async function writeAllIntermediates(document: OpenDocument, folder: string): Promise<number> {
  const paths = await saveIntermediates(document.bench, document.outcomes, folder);
  return paths.length;
}

/** `<project>-intermediates` beside the project. */
function intermediatesFolder(project: string): string {
  return join(dirname(project), `${basename(project, '.davenport')}-intermediates`);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new RequestError(`The folder ${folder} cannot be made`, 'Save a copy of the project elsewhere', {
      cause: error,
    });
  });
}

/** Writes the project as it stands to another file, whole or not at all. @returns its path */
export async function saveCopy({ bench }: OpenDocument, answer: string): Promise<string> {
  const path = answer.endsWith('.davenport') ? answer : `${answer}.davenport`;
  if (resolve(path) === resolve(bench.project.path))
    throw new RequestError('A copy cannot take the place of the project itself', 'Choose another name');
  await bench.engine.copyProject(bench.project.path, path);
  return path;
}
