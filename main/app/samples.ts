import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';

/** A photo that comes with the program. */
export interface SamplePhoto {
  readonly id: string;
  readonly title: string;
  readonly photo: string;
}

const cardSchema = z.object({ title: z.string().min(1) });

/** The samples of a folder: every `<id>.json` with its `<id>.jpg`. None where the folder is missing. */
export async function findSamples(folder: string): Promise<SamplePhoto[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const cards = names.filter((name) => name.endsWith('.json')).sort();
  const samples = await Promise.all(
    cards.map(async (name): Promise<SamplePhoto | null> => {
      const id = basename(name, '.json');
      const photo = names.find((each) => each === `${id}.jpg`);
      if (photo === undefined) return null;
      const card = cardSchema.safeParse(await readCard(join(folder, name)));
      return card.success ? { id, title: card.data.title, photo: join(folder, photo) } : null;
    }),
  );
  return samples.filter((sample) => sample !== null);
}

async function readCard(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
