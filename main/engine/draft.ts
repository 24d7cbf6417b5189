import { setImmediate as nextTurn } from 'node:timers/promises';
import { CancelledError } from '../errors.ts';
import type { Frame } from '../imaging/frame.ts';
import type { Picture } from '../imaging/pyramid.ts';
import type { MemoryPreset } from '../inference/memory.ts';
import type {
  NodeContext,
  NodeInputs,
  NodeOutputs,
  NodeRun,
  PackFiles,
  WindowedRaster,
} from '../pipeline/node.ts';
import { shrinkJson, shrinkParams } from '../pipeline/stages/color/run.ts';
import type { ModelClient } from './model-client.ts';
import { type ProjectSession, wholeOf } from './project-session.ts';
import type { ArtifactSource, DraftPicture, DraftRequest } from './protocol.ts';
import { encodeTile } from './tiles/encode-tile.ts';
import { MemoryLevels, WindowLevels } from './tiles/levels.ts';
import { expandWindow } from './windows.ts';

/** What a draft needs besides its request. */
export interface DraftServices {
  readonly session: ProjectSession;
  readonly models: ModelClient;
  readonly packs: PackFiles;
  readonly memory: MemoryPreset;
  readonly signal: AbortSignal;
  findNode(id: string): Promise<NodeRun>;
}

/** Pixels of the edit that a draft computes at most: about what a window can show of it. */
const MOST_PIXELS = 600_000;

/**
 * How a chain of nodes would come out, at a fraction of the photo's size: the very nodes run, with everything they
 * read of the photo's size halved `level` times as the viewer's tiles are. Level 0 gives what the nodes would write.
 * Nothing is kept but the halved copies, in memory.
 */
export async function runDraft(request: DraftRequest, services: DraftServices): Promise<DraftPicture> {
  const { session, signal } = services;
  const full = await session.frame(request.frame);
  const level = await chooseLevel(request, session, full);
  const shrunk = await Shrunk.of(request, session, level);
  const made = new Map<string, WindowedRaster>();
  for (const { node, params, inputs } of request.steps) {
    const run = await services.findNode(node);
    if (signal.aborted) throw new CancelledError();
    const context: NodeContext = {
      params: shrinkParams(node, params, full.info, level),
      frame: async () => shrunk.frame,
      inputs: draftInputs(inputs, made, shrunk),
      outputs: draftOutputs(node, made),
      models: services.models,
      packs: services.packs,
      memory: services.memory,
      blob: (sha256) => session.blob(sha256),
      metric: () => {},
      progress: async () => {
        await nextTurn(); // lets the message that cancels come in
        if (signal.aborted) throw new CancelledError();
      },
      signal,
    };
    await run(context as NodeContext<never>);
  }
  const shown = made.get(request.show);
  if (!shown) throw new TypeError(`Expected a draft to make ${request.show}`);
  const { type, bytes } = await encodeTile(shown.raster as Picture, full.icc, level, undefined);
  const { x, y, width, height } = shown.window.rect;
  const side = 2 ** level;
  return {
    rect: { x: x * side, y: y * side, width: width * side, height: height * side },
    level,
    type,
    bytes: Buffer.from(bytes).toString('base64'),
  };
}

/** Halves more than was asked for where the edit would still be large. */
async function chooseLevel(
  { steps, level }: DraftRequest,
  session: ProjectSession,
  { info }: Frame,
): Promise<number> {
  let most = 0;
  for (const { inputs } of steps) {
    for (const source of Object.values(inputs)) {
      if (typeof source === 'string') continue;
      const { shape, window } = session.artifact(source.artifact);
      if (!window || shape[0] !== info.height || shape[1] !== info.width) continue;
      most = Math.max(most, window.rect.width * window.rect.height);
    }
  }
  let chosen = level;
  while (most / 4 ** chosen > MOST_PIXELS) chosen += 1;
  return chosen;
}

/** What the nodes read, at a level. */
class Shrunk {
  readonly #session: ProjectSession;
  readonly #full: Frame;
  readonly #levels: MemoryLevels;
  readonly #level: number;
  readonly frame: Frame;

  private constructor(session: ProjectSession, full: Frame, levels: MemoryLevels, level: number) {
    this.#session = session;
    this.#full = full;
    this.#levels = levels;
    this.#level = level;
    const raster = levels.whole(level);
    const { width, height } = raster;
    this.frame = { ...full, info: { ...full.info, width, height }, raster };
  }

  static async of({ frame }: DraftRequest, session: ProjectSession, level: number): Promise<Shrunk> {
    const full = await session.frame(frame);
    const key = `draft:${level}:${frame?.artifact ?? 'source'}`;
    const levels = session.derive(key, () => {
      const made = new MemoryLevels(full.raster as Picture, level + 1);
      // The full size is kept elsewhere: what this adds is the next level and a third of it.
      return { value: made, samples: made.whole(Math.min(1, level)).data };
    });
    return new Shrunk(session, full, levels, level);
  }

  async window(source: ArtifactSource): Promise<WindowedRaster> {
    const windowed = await this.#session.window(source);
    const { raster, window } = windowed;
    const { info } = this.#full;
    const isPhotoSized = window.width === info.width && window.height === info.height;
    if (this.#level === 0 || !isPhotoSized || raster.data instanceof Float32Array) return windowed;
    return this.#session.derive(`draft:${this.#level}:${source.artifact}`, () => {
      const value = this.#shrink(windowed);
      return { value, samples: value.raster.data };
    });
  }

  #shrink({ raster, window }: WindowedRaster): WindowedRaster {
    const { width, height, rect, background } = window;
    const dtype = raster.data instanceof Uint8Array ? 'u8' : 'u16';
    const shape = { width, height, channels: raster.channels, dtype } as const;
    const below = background === 'frame' ? this.#levels : null;
    const levels = new WindowLevels(shape, rect, raster as Picture, below, this.#level + 1);
    const part = levels.part(this.#level);
    const { info } = this.frame;
    return {
      raster: part.picture,
      window: { width: info.width, height: info.height, rect: part.rect, background },
    };
  }

  async raster(source: ArtifactSource) {
    const windowed = await this.window(source);
    const over = windowed.window.background === 'frame' ? this.frame.raster : null;
    return expandWindow(windowed, over);
  }

  async json(name: string, source: ArtifactSource): Promise<unknown> {
    return shrinkJson(name, await this.#session.json(source.artifact), this.#level);
  }
}

function draftInputs(
  sources: DraftRequest['steps'][number]['inputs'],
  made: ReadonlyMap<string, WindowedRaster>,
  shrunk: Shrunk,
): NodeInputs {
  const find = (name: string): ArtifactSource | WindowedRaster => {
    const source = sources[name];
    const found = typeof source === 'string' ? made.get(source) : source;
    if (!found) throw new TypeError(`Expected an input of the draft but received ${name}`);
    return found;
  };
  return {
    async window(name) {
      const found = find(name);
      return 'raster' in found ? found : shrunk.window(found);
    },
    async raster(name) {
      const found = find(name);
      if (!('raster' in found)) return shrunk.raster(found);
      return expandWindow(found, shrunk.frame.raster);
    },
    async json<T>(name: string) {
      const found = find(name);
      if ('raster' in found) throw new TypeError(`Expected ${name} to be json`);
      return (await shrunk.json(name, found)) as T;
    },
    has: (name) => name in sources,
  };
}

/** Keeps what a step writes for the steps after it. */
function draftOutputs(node: string, made: Map<string, WindowedRaster>): NodeOutputs {
  return {
    async raster(name, raster, window) {
      made.set(`${node}/${name}`, window ? { raster, window } : wholeOf(raster));
    },
    async json() {},
    async bands() {
      throw new TypeError(`Expected a node that writes rasters in memory but received ${node}`);
    },
  };
}
