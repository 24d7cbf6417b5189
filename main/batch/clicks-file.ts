import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RequestError } from '../errors.ts';
import { writeFileAtomic } from '../imaging/write-file.ts';
import { stageParams } from '../pipeline/recipe.ts';

/** The sidecar file's usual name, in the folder of the photos. */
export const CLICKS_FILE = 'davenport-clicks.json';

const point = z.tuple([z.number().min(0), z.number().min(0)]);

/** One object of a photo: where it is, in pixels of the upright photo, and what differs from the recipe. */
const objectSchema = z.strictObject({
  clicks: z.array(point).default([]),
  exclude: z.array(point).default([]),
  /** Left, top, right, bottom. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable().default(null),
  /** The selection was painted or imported: it lies in the photo's project. */
  drawn: z.boolean().default(false),
  /** Parameters for this object alone, as `stage.param`: they go before the recipe's where these are open. */
  set: z.record(z.string().regex(/^[a-z]+\.[A-Za-z]+$/), z.json()).default({}),
});
export type ClickedObject = z.infer<typeof objectSchema>;

const photoSchema = z
  .strictObject({
    /** Leave this photo out. */
    skip: z.boolean().default(false),
    /** Several objects, replaced one after the other; or one, written without this list. */
    objects: z.array(objectSchema).max(20).optional(),
    ...objectSchema.partial().shape,
  })
  .transform(({ skip, objects, ...single }) => {
    const one = objectSchema.parse(
      Object.fromEntries(Object.entries(single).filter(([, v]) => v !== undefined)),
    );
    const all = [...(isClicked(one) ? [one] : []), ...(objects ?? [])];
    return { skip, objects: all };
  });
export type ClickedPhoto = z.output<typeof photoSchema>;

/** Clicks of a folder of photos, by the photo's path inside it: a file that people can read and edit. */
const clicksSchema = z.strictObject({
  version: z.literal(1),
  photos: z.record(z.string(), photoSchema),
});

/** What was clicked, by photo; absent where nobody looked at it yet. */
export type Clicks = ReadonlyMap<string, ClickedPhoto>;

/** True where something says which object is meant. */
export function isClicked({ clicks, box, drawn }: ClickedObject): boolean {
  return clicks.length > 0 || box !== null || drawn;
}

/** Reads the sidecar file; empty where there is none. @throws RequestError where it cannot be read or is wrong */
export async function readClicks(path: string): Promise<Clicks> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new RequestError(`The clicks in ${path} cannot be read`, 'Check its permissions', { cause: error });
  });
  return text === null ? new Map() : parseClicks(text, path);
}

/** @throws RequestError that names the photo and the entry that is wrong */
export function parseClicks(text: string, path: string): Clicks {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RequestError(`${path} is not JSON: ${(error as Error).message}`, 'Correct it there', {
      cause: error,
    });
  }
  const parsed = clicksSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RequestError(`${path}: ${issue?.path.join(' › ')}: ${issue?.message}`, 'Correct it there');
  }
  for (const [name, { objects }] of Object.entries(parsed.data.photos)) checkParams(path, name, objects);
  return new Map(Object.entries(parsed.data.photos));
}

function checkParams(path: string, photo: string, objects: readonly ClickedObject[]): void {
  for (const { set } of objects) {
    for (const key of Object.keys(set)) {
      const [stage = '', param = ''] = key.split('.');
      const schema = (stageParams as Record<string, { shape: object }>)[stage];
      if (schema && Object.hasOwn(schema.shape, param)) continue;
      throw new RequestError(`${path}: ${photo}: unknown parameter “${key}”`, 'Correct its name');
    }
  }
}

/** Writes the sidecar file, one line an object, whole or not at all. */
export async function writeClicks(path: string, clicks: Clicks): Promise<void> {
  const lines = [...clicks].map(([name, photo]) => `    ${JSON.stringify(name)}: ${formatPhoto(photo)}`);
  const text = `{\n  "version": 1,\n  "photos": {\n${lines.join(',\n')}\n  }\n}\n`;
  await writeFileAtomic(path, [Buffer.from(text)]);
}

function formatPhoto({ skip, objects }: ClickedPhoto): string {
  const [first] = objects;
  const parts = objects.length === 1 && first ? shortObject(first) : { objects: objects.map(shortObject) };
  return JSON.stringify({ ...(skip ? { skip } : {}), ...(objects.length > 0 ? parts : {}) });
}

function shortObject({ clicks, exclude, box, drawn, set }: ClickedObject): object {
  return {
    ...(clicks.length > 0 ? { clicks } : {}),
    ...(exclude.length > 0 ? { exclude } : {}),
    ...(box ? { box } : {}),
    ...(drawn ? { drawn } : {}),
    ...(Object.keys(set).length > 0 ? { set } : {}),
  };
}
