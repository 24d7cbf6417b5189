import type { AppState, PackSummary, Piece, RequestOf, Sample } from '../../preload/contract.ts';
import type { Tiles } from '../engine/tiles.ts';
import { openPackFiles } from '../inference/pack-files.ts';
import { packOf, STARTER, type Pack } from '../inference/packs.ts';
import { providers } from '../inference/providers.ts';
import { isDrawn } from '../pipeline/stages/inpaint/require-controls.ts';
import { listPieces } from '../placement/pieces.ts';
import { type Pictures, THUMBNAIL_SIDE } from './pictures.ts';
import { toPreferences, type SettingsStore } from './preferences.ts';
import type { InstalledPacks } from './installed-packs.ts';
import type { Recents } from './recents.ts';
import type { RestartableEngine } from './restartable-engine.ts';
import type { SamplePhoto } from './samples.ts';

export interface ProgramParts {
  readonly version: string;
  readonly platform: AppState['platform'];
  /** True where the development host stands in for Electron. */
  readonly host: boolean;
  readonly engine: RestartableEngine;
  readonly tiles: Tiles;
  readonly installed: InstalledPacks;
  readonly pictures: Pictures;
  readonly recents: Recents;
  readonly settings: SettingsStore;
  readonly samples: readonly SamplePhoto[];
  readonly tell: (state: AppState) => void;
}

/** Settings that the window changes; undefined leaves one as it is. */
export type PreferenceChanges = RequestOf<'app.preferences'>;

/** The program as a whole: what the start screen and the pickers show, and the preferences. */
export class Program {
  readonly #parts: ProgramParts;
  #pieces: readonly Piece[] = [];
  #providers: readonly string[] = ['cpu'];

  constructor(parts: ProgramParts) {
    this.#parts = parts;
  }

  async state(): Promise<AppState> {
    const { version, platform, host, recents, settings } = this.#parts;
    return {
      version,
      platform,
      host,
      recent: await recents.list(),
      samples: this.#samples(),
      pieces: this.#pieces,
      packs: this.#parts.installed.list.map(summarize),
      providers: this.#providers,
      preferences: toPreferences(settings.value),
    };
  }

  /** The same, after a look at what has been installed or removed meanwhile. */
  async lookAgain(): Promise<AppState> {
    const { engine, installed } = this.#parts;
    // Children keep what they know of packs; a run is not cut off for that.
    if (installed.lookAgain()) engine.succeed({ packs: installed.folders });
    return this.state();
  }

  /** Tells the window of a change. */
  async tell(): Promise<void> {
    this.#parts.tell(await this.state());
  }

  /** Reads the catalogue and asks the engine what the machine has; starts the models process on the way. */
  async lookAround(): Promise<void> {
    this.#pieces = await this.#findPieces().catch(() => []);
    await this.tell();
    this.#providers = await this.#parts.engine.providers().catch(() => this.#providers);
    await this.tell();
  }

  async setPreferences(changes: PreferenceChanges): Promise<AppState> {
    const { settings, engine } = this.#parts;
    const before = toPreferences(settings.value);
    if (changes.memory !== undefined) settings.value.memory = changes.memory;
    if (changes.drawer !== undefined) settings.value.drawer = changes.drawer;
    const provider = this.#knownProvider(changes.provider);
    if (provider !== undefined) settings.value.provider = provider;
    await settings.save();
    const { memory } = settings.value;
    const isOther = memory !== before.memory || settings.value.provider !== before.provider;
    if (isOther) await engine.restart({ preset: memory, provider: settings.value.provider });
    return this.state();
  }

  #knownProvider(name: string | undefined) {
    const known: readonly string[] = ['auto', ...this.#providers];
    return (['auto', ...providers] as const).find((each) => each === name && known.includes(each));
  }

  #samples(): Sample[] {
    return this.#parts.samples.map(({ id, title, photo }) => ({
      id,
      title,
      thumbnail: this.#parts.pictures.add(`sample:${id}`, () =>
        this.#parts.tiles.file(photo, THUMBNAIL_SIDE),
      ),
    }));
  }

  async #findPieces(): Promise<Piece[]> {
    const verified = openPackFiles([packOf(this.#parts.installed.list, STARTER)]);
    const files = {
      read: (file: string) => verified.read(STARTER, file),
      list: (prefix: string) => verified.list(STARTER, prefix),
    };
    const cards = await listPieces(files);
    return cards.map(({ id, title, seats, sizeCm, thumbnail, ...card }) => ({
      id,
      title,
      kind: card.kind,
      style: card.style,
      color: card.defaultColor,
      material: card.defaultMaterial,
      seats,
      widthCm: sizeCm.width,
      depthCm: sizeCm.depth,
      heightCm: sizeCm.height,
      thumbnail:
        thumbnail === null
          ? null
          : this.#parts.pictures.add(`piece:${id}`, async () => ({
              bytes: await files.read(thumbnail),
              type: 'image/webp',
            })),
    }));
  }
}

function summarize({ manifest }: Pack): PackSummary {
  const { id, title, licence, models, files, diffusion } = manifest;
  const listed = [...Object.values(models), ...files];
  const stages = new Set(Object.values(models).map(({ stage }) => stage));
  return {
    id,
    title,
    licence,
    bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
    serves: [...stages, ...(diffusion ? ['diffuse', ...featuresOf(diffusion)] : [])],
  };
}

/** What of a checkpoint's abilities the window has settings for. */
function featuresOf({
  family,
  controls,
  ipAdapter,
  refiner,
}: NonNullable<Pack['manifest']['diffusion']>): string[] {
  return [
    ...controls.filter(({ kind }) => kind === 'depth' || isDrawn(kind)).map(({ kind }) => `control:${kind}`),
    ...(ipAdapter ? ['reference'] : []),
    ...(refiner ? ['refine'] : []),
    ...(family === 'instruct-pix2pix' ? ['picture'] : []),
  ];
}
