import { join } from 'node:path';
import { z } from 'zod';
import type { Preferences } from '../../preload/contract.ts';
import { memoryPresets } from '../inference/memory.ts';
import { providers } from '../inference/providers.ts';
import { JsonStore } from './json-store.ts';

const schema = z.object({
  memory: z.enum(memoryPresets).default('balanced'),
  provider: z.enum([...providers, 'auto']).default('auto'),
  drawer: z.boolean().default(false),
  recipesFolder: z.string().nullable().default(null),
  /** The queue of workers that batches ran on last. */
  queue: z.object({ url: z.string().default(''), storage: z.string().nullable().default(null) }).prefault({}),
  /** Where dialogs start, by what they ask for. */
  folders: z.record(z.string(), z.string()).default({}),
  window: z
    .object({
      x: z.int().optional(),
      y: z.int().optional(),
      width: z.int().min(200),
      height: z.int().min(200),
      isMaximized: z.boolean(),
    })
    .nullable()
    .default(null),
});

/** What the program keeps between starts. */
export type Settings = z.infer<typeof schema>;
export type SettingsStore = JsonStore<typeof schema>;

/** Reads the settings from the program's own folder; each one that does not fit is at its default. */
export function openSettings(folder: string): Promise<SettingsStore> {
  return JsonStore.open(join(folder, 'settings.json'), schema, schema.parse({}));
}

/** What the window sees of them. */
export function toPreferences({ memory, provider, drawer, recipesFolder }: Settings): Preferences {
  return { memory, provider, drawer, recipesFolder };
}
