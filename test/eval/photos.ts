import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeFrame } from '../../main/imaging/decode.ts';
import type { Frame } from '../../main/imaging/frame.ts';
import { depthNodes } from '../../main/pipeline/stages/depth/run.ts';
import { inpaintNodes } from '../../main/pipeline/stages/inpaint/run.ts';
import { segmentNodes } from '../../main/pipeline/stages/segment/run.ts';
import { upscaleNodes } from '../../main/pipeline/stages/upscale/run.ts';
import { type HandMask, readHandMasks } from '../support/hand-masks.ts';
import {
  type NodeTrial,
  openLocalModels,
  tryNode,
  type TrialSetup,
  type Written,
} from '../support/node-context.ts';

const fixtures = fileURLToPath(new URL('../fixtures/real/', import.meta.url));
const nodes = { ...segmentNodes, ...depthNodes, ...inpaintNodes, ...upscaleNodes };

/** A folder of real photos, and what was marked in them by hand. */
export class Photos {
  readonly folder: string;
  readonly #models;
  readonly #frames = new Map<string, Frame>();
  readonly #encoded = new Map<string, Promise<Map<string, Written>>>();

  /** @param models folder that holds `starter/*.onnx` */
  constructor(folder: string, models: string) {
    this.folder = folder;
    this.#models = openLocalModels(models);
  }

  has(photo: string): boolean {
    return existsSync(join(this.folder, photo));
  }

  /** Every photo that something was marked in. */
  names(): string[] {
    return [...new Set([...this.masks().map((mask) => mask.photo), ...this.pictures()])].sort();
  }

  pictures(): string[] {
    return readdirSync(this.folder).filter((name) => /\.(jpe?g|png|tiff?|webp)$/i.test(name));
  }

  /** Masks drawn by hand: those beside the photos, and the project's own of photos that are in the folder. */
  masks(): HandMask[] {
    const beside = readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const entry = JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as Partial<HandMask>;
        const { photo, clicks, polygon, holes = [] } = entry;
        return photo && clicks && polygon ? [{ name: name.slice(0, -5), photo, clicks, polygon, holes }] : [];
      });
    return [...beside, ...readHandMasks()].filter((mask) => this.has(mask.photo));
  }

  /** The entries of one of the project's lists that are about photos in the folder. */
  marked<T extends { readonly photo: string }>(file: string, list: string): T[] {
    const all = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as Record<string, T[]>;
    return (all[list] ?? []).filter((entry) => this.has(entry.photo));
  }

  async frame(photo: string): Promise<Frame> {
    const known = this.#frames.get(photo);
    if (known) return known;
    const frame = await decodeFrame(readFileSync(join(this.folder, photo)), photo);
    this.#frames.clear(); // one at a time: they are large
    this.#frames.set(photo, frame);
    return frame;
  }

  /** What `segment.encode` writes of a photo. */
  encoded(photo: string): Promise<Map<string, Written>> {
    const known = this.#encoded.get(photo) ?? this.#encode(photo);
    this.#encoded.set(photo, known);
    return known;
  }

  async #encode(photo: string): Promise<Map<string, Written>> {
    return (await this.run('segment.encode', { params: {}, frame: await this.frame(photo) })).written;
  }

  /** Runs one of the product's nodes in this process. */
  async run<P>(id: string, setup: TrialSetup<P>): Promise<NodeTrial<P>> {
    const trial = tryNode({ models: this.#models, ...setup });
    await nodes[id]!(trial.context as never);
    return trial;
  }
}
