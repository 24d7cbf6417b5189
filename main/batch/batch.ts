import { mkdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RequestError } from '../errors.ts';
import { writtenFormat } from '../imaging/image-format.ts';
import type { LoadedRecipe } from '../interop/recipe-file.ts';
import type { Clicks } from './clicks-file.ts';
import { findPhotos, type FoundPhoto } from './intake.ts';
import { BatchQueue, type NewItem, QUEUE_FILE } from './queue.ts';
import { sameAs, Twins } from './twins.ts';

/** The folder of projects, in the batch's output folder. */
const PROJECTS = 'projects';

/** Where a batch reads and writes. */
export interface BatchPlace {
  readonly folder: string;
  readonly out: string;
}

export interface Intake {
  /** Hears how many were found so far. */
  readonly onFound?: (count: number) => void;
  /** The photos, where the folder has been read already. */
  readonly photos?: AsyncIterable<FoundPhoto> | Iterable<FoundPhoto>;
}

/**
 * Makes the queue of a folder of photos, or goes on with the one that is there: photos that came since are added at
 * the end. Every photo that is found gets an item, also those that cannot be used or are there twice, so that the
 * report's counts add up to what lies in the folder.
 * @throws RequestError for a folder that cannot be read or an output folder that cannot be written
 */
export async function openBatch(
  place: BatchPlace,
  recipe: LoadedRecipe,
  clicks: Clicks,
  { onFound = () => {}, photos = findPhotos(place.folder) }: Intake = {},
): Promise<BatchQueue> {
  await mkdir(place.out, { recursive: true }).catch((cause: unknown) => {
    throw new RequestError(`The folder ${place.out} cannot be made`, 'Choose one that you may write to', {
      cause,
    });
  });
  const queue = BatchQueue.open(join(place.out, QUEUE_FILE));
  try {
    const known = new Map(queue.list().map((item) => [item.name, item.out]));
    queue.add(await intake(place, recipe, clicks, known, onFound, photos));
    queue.recover();
    applyClicks(queue, clicks);
    return queue;
  } catch (error) {
    queue.close();
    throw error;
  }
}

async function intake(
  { folder, out }: BatchPlace,
  { file }: LoadedRecipe,
  clicks: Clicks,
  known: ReadonlyMap<string, string>,
  onFound: (count: number) => void,
  photos: NonNullable<Intake['photos']>,
): Promise<NewItem[]> {
  const taken = new Set(known.values());
  const twins = new Twins();
  const items: NewItem[] = [];
  let count = 0;
  for await (const found of photos) {
    onFound(++count);
    if (isInside(found.path, out)) continue; // an earlier delivery, where the output lies in the folder itself
    const twin = found.problem === null ? await twins.of(found) : null;
    if (known.has(found.name)) continue;
    const target = freeName(nameOf(found.name, file.delivery.name, file.delivery.format), taken);
    taken.add(target);
    const base = {
      name: found.name,
      photo: found.path,
      out: target,
      project: `${PROJECTS}/${found.name}.davenport`,
    };
    items.push({ ...base, ...stateOf(found, twin, clicks) });
  }
  if (count === 0)
    throw new RequestError(
      `No photo was found in ${folder}`,
      'Choose a folder with JPEG, PNG, TIFF or WebP files',
    );
  return items;
}

type Beginning = Pick<NewItem, 'state' | 'reason' | 'stage' | 'error'>;

function stateOf(found: FoundPhoto, twin: string | null, clicks: Clicks): Beginning {
  if (found.problem !== null) {
    const error = {
      kind: 'request',
      message: found.problem,
      next: 'Copy or export the photo again',
    } as const;
    return { state: 'failed', reason: found.problem, error };
  }
  if (twin !== null) return { state: 'skipped', reason: sameAs(twin) };
  return begin(clicks, found.name);
}

/** The reason of an item that waits for its first click. */
export const NOT_CLICKED = 'nobody has clicked the object yet';

function begin(clicks: Clicks, name: string): Beginning {
  const clicked = clicks.get(name);
  if (clicked?.skip) return { state: 'skipped', reason: LEFT_OUT };
  if (!clicked || clicked.objects.length === 0)
    return { state: 'person', reason: NOT_CLICKED, stage: 'segment' };
  return { state: 'queued' };
}

/**
 * Tries items again: what was left out unseen waits for its clicks first. A photo that is marked to be left out is
 * taken in again by {@link Clicks} without that mark.
 */
export function tryAgain(queue: BatchQueue, clicks: Clicks, ids: readonly number[]): void {
  queue.retry(ids);
  for (const id of ids) {
    const item = queue.item(id);
    if (item?.state !== 'queued' || begin(clicks, item.name).state !== 'person' || item.attempts > 0)
      continue;
    queue.finish(id, { state: 'person', reason: NOT_CLICKED, stage: 'segment' });
  }
}

/** The reason of an item that a person left out. */
export const LEFT_OUT = 'it is marked to be left out';

/** Clicks that came since: what waited for them goes into the queue. */
export function applyClicks(queue: BatchQueue, clicks: Clicks): void {
  const waiting = queue.listFor('person', NOT_CLICKED);
  const clicked = waiting.filter((item) => begin(clicks, item.name).state === 'queued');
  queue.retry(clicked.map((item) => item.id));
  const left = waiting.filter((item) => clicks.get(item.name)?.skip);
  for (const { id } of left) queue.finish(id, { state: 'skipped', reason: LEFT_OUT });
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') || folder.endsWith('\\') ? folder : join(folder, '/'));
}

const ENDINGS = { jpeg: '.jpg', png: '.png', tiff: '.tif', webp: '.webp' } as const;

/** Where a photo's result goes, inside the output folder: the folders of the photo are kept. */
function nameOf(name: string, template: string, format: keyof typeof ENDINGS | 'source'): string {
  const slash = name.lastIndexOf('/') + 1;
  const ending = extname(name);
  const stem = name.slice(slash, name.length - ending.length);
  const filled = template.replaceAll('{stem}', stem).replaceAll('{name}', name.slice(slash));
  const written = format === 'source' ? (writtenFormat(name) ? ending : '.png') : ENDINGS[format];
  return `${name.slice(0, slash)}${filled}${written}`;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const ending = extname(wanted);
  const stem = wanted.slice(0, wanted.length - ending.length);
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${stem}-${n}${ending}`;
    if (!taken.has(name)) return name;
  }
}
