import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Delivery, RequestOf } from '../../preload/contract.ts';
import { RequestError } from '../errors.ts';
import { hashFile } from '../inference/pack-files.ts';
import { deliver, isDelivered, reportOutcomes, type Workbench } from '../pipeline/workbench.ts';
import type { Dialogs } from './dialogs.ts';
import type { OpenDocument } from './open-document.ts';

/** How the delivered file is to be written. */
export type DeliverRequest = RequestOf<'deliver.run'>;
type Format = DeliverRequest['format'];

/** File endings of each format; the first is the one that is proposed. */
const endings: Readonly<Record<Format, readonly string[]>> = {
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  tiff: ['tif', 'tiff'],
  webp: ['webp'],
};

/**
 * Asks for a name, runs what is missing and writes the delivered frame there.
 * @param folder where the dialog starts
 * @returns the file's path; null where the dialog was dismissed, or the run failed or was cancelled (the state says which)
 * @throws RequestError for a target that must not be written over
 */
export async function deliverDocument(
  document: OpenDocument,
  request: DeliverRequest,
  folder: string,
  dialogs: Dialogs,
): Promise<string | null> {
  const photo = document.state.photo.name;
  const [ending = 'png'] = endings[request.format];
  const answer = await dialogs.saveFile({
    title: 'Deliver',
    suggested: join(folder, `${basename(photo, extname(photo))}-edited.${ending}`),
    kind: request.format.toUpperCase(),
    endings: endings[request.format],
  });
  if (answer === null) return null;
  const path = isProject(answer) ? resolve(answer) : withEnding(resolve(answer), endings[request.format]);
  await refuseOverwriting(path, document.bench);
  const started = performance.now();
  const end = await document.run('upscale');
  if (end !== 'done' || !isDelivered(document.outcomes)) return null;
  document.showRunning({
    stage: 'upscale',
    edit: document.recipe.edits.length - 1,
    node: 'upscale.frame',
    label: `Writing ${basename(path)}`,
    done: null,
    total: 1,
    preview: null,
  });
  try {
    await deliver(document.bench, document.outcomes, path, {
      format: request.format,
      profile: request.profile,
      ...(request.quality === undefined ? {} : { quality: request.quality }),
    });
    document.setDelivery(await describeDelivery(document, path, request, performance.now() - started));
  } finally {
    document.showRunning(null);
  }
  return path;
}

function withEnding(path: string, allowed: readonly string[]): string {
  const ending = extname(path).slice(1).toLowerCase();
  return allowed.includes(ending) ? path : `${path}.${allowed[0]}`;
}

function isProject(path: string): boolean {
  return extname(path).toLowerCase() === '.davenport';
}

/** A delivery never takes the place of a project or of the photo itself, wherever a copy of that lies. */
async function refuseOverwriting(path: string, { project }: Workbench): Promise<void> {
  if (isProject(path) || path === resolve(project.path))
    throw new RequestError('A delivery cannot take a project’s place', 'Choose another name');
  const source = project.sourceInfo();
  const present = await stat(path).catch(() => null);
  if (!source || !present?.isFile() || present.size !== source.bytes) return;
  if ((await hashFile(path)) === source.sha256)
    throw new RequestError(
      `${basename(path)} is the photo itself`,
      'Choose another name: the photo is never written over',
    );
}

async function describeDelivery(
  document: OpenDocument,
  path: string,
  { format, profile }: DeliverRequest,
  ms: number,
): Promise<Delivery> {
  const { recipe, bench, outcomes } = document;
  const frame = outcomes.find(({ node }) => node.id === 'upscale.frame')?.run?.artifacts[0];
  const { identity } = reportOutcomes(bench, recipe, outcomes, path);
  return {
    file: basename(path),
    folder: dirname(path),
    width: frame?.width ?? 0,
    height: frame?.height ?? 0,
    bytes: (await stat(path)).size,
    format,
    profile: profile === 'srgb' ? 'sRGB' : document.state.photo.profile,
    dpi: recipe.upscale.print?.dpi ?? null,
    ms: Math.round(ms),
    identity,
  };
}
