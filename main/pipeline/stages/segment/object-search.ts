import type { Frame } from '../../../imaging/frame.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { ModelRunner } from '../../../inference/tensor.ts';
import { askClickHead, type ClickAnswer } from './click-head.ts';
import { Division, type Seeds } from './divide-object.ts';
import { type Laid, logitsOfHints, seedsOf } from './hints.ts';
import { keepTheObject } from './keep-object.ts';
import type { Box, Click } from './params.ts';
import { type SeenScene, weighNets } from './weigh-nets.ts';

/** Long side of the whole photo in which the object is sought. */
const SEARCH_SIDE = 192;
/** Smoothness of the search's cut: objects are large and whole, leaks are narrow. */
const SEARCH_WEIGHTS = { color: 0.5, smoothness: 15, rounds: 2 };
/** Reach of a correcting click over its distance from the mask's border, both of the long side. */
const STEP_OVER = 20;
/** Answers and parts that are kept for the next click. */
const KEPT = 64;

/** What belongs to some clicks: divided once, then cut as generously as is asked for. */
interface Part {
  readonly division: Division;
  readonly seeds: Seeds;
  readonly net: Float32Array;
  readonly cuts: Map<number, Uint8Array>;
}

/**
 * The coarse search for an object in one photo: the net's answer, nearness to the clicks and colour are weighed against
 * each other by minimum cuts over the whole reduced photo.
 *
 * [Note: One search per photo] Clicks are divided one by one, so all but the last click's work has been done when a
 * click is added, and a preview's when the mask itself is asked for. A search therefore lives as long as the photo's
 * encoding is in memory, and remembers.
 */
export class ObjectSearch {
  /** Where the search's pixels lie on the photo. */
  readonly at: Laid;
  readonly seen: SeenScene;
  readonly #models: ModelRunner;
  readonly #small: Raster<Uint8Array>;
  readonly #answers = new Memory<ClickAnswer>();
  readonly #parts = new Memory<Part>();

  /** @param small u8 sRGB, the whole photo at the search's size */
  constructor(
    models: ModelRunner,
    small: Raster<Uint8Array>,
    seen: SeenScene,
    photo: { readonly width: number; readonly height: number },
  ) {
    this.#models = models;
    this.#small = small;
    this.seen = seen;
    const { width, height } = photo;
    this.at = { rect: { x: 0, y: 0, width, height }, width: small.width, height: small.height };
  }

  /** The net's answer, asked twice: the second time it sees its first answer, as it did in training. */
  ask(clicks: readonly Click[], box: Box | null): Promise<ClickAnswer> {
    return this.#answers.get(JSON.stringify([clicks, box]), async () => {
      const first = await askClickHead(this.#models, this.seen, clicks, box, null);
      const second = await askClickHead(this.#models, this.seen, clicks, box, first.logits);
      const data = first.logits.data.map((v, i) => (v + second.logits.data[i]!) / 2);
      return { logits: { ...first.logits, data }, iou: Math.max(first.iou, second.iou) };
    });
  }

  /**
   * The pixels of the object, 1, else 0. One click after the other, each by itself: an include click outside the mask
   * adds what belongs to it; then an exclude click inside takes away what belongs to it and not to the include clicks.
   * So no click undoes what another found, as one cut over all of them would for the sake of common colours.
   * @param bias logits added for a more generous (positive) or tighter mask
   */
  async divide(clicks: readonly Click[], box: Box | null, bias: number): Promise<Uint8Array> {
    const { at } = this;
    const mask = new Uint8Array(at.width * at.height);
    const include = clicks.filter((click) => click.label === 'include');
    if (box) mask.set(await this.#divideOne(include, box, 1, bias));
    for (const click of include) {
      const pixel = pixelOf(at, click);
      if (mask[pixel]) continue;
      const part = await this.#divideOne([click], box, stepOver(mask, at, pixel), bias);
      for (let i = 0; i < mask.length; i++) if (part[i]) mask[i] = 1;
    }
    const rivals = include.map((click): Click => ({ ...click, label: 'exclude' }));
    for (const click of clicks) {
      const pixel = pixelOf(at, click);
      if (click.label === 'include' || !mask[pixel]) continue;
      const own: Click[] = [{ ...click, label: 'include' }, ...rivals];
      const part = await this.#divideOne(own, null, stepOver(mask, at, pixel), -bias);
      for (let i = 0; i < mask.length; i++) if (part[i]) mask[i] = 0;
    }
    return mask;
  }

  /** What belongs to the include clicks and not to the others: 1, else 0. `scale` shortens the clicks' reach. */
  async #divideOne(
    clicks: readonly Click[],
    box: Box | null,
    scale: number,
    bias: number,
  ): Promise<Uint8Array> {
    const part = await this.#parts.get(JSON.stringify([clicks, box, scale]), () =>
      this.#weigh(clicks, box, scale),
    );
    const known = part.cuts.get(bias);
    if (known) return known;
    const { width, height } = this.at;
    const cut = keepTheObject(part.division.cut(bias), width, height, part.seeds, part.net);
    part.cuts.set(bias, cut);
    return cut;
  }

  async #weigh(clicks: readonly Click[], box: Box | null, scale: number): Promise<Part> {
    const { at, seen } = this;
    const net = weighNets(await this.ask(clicks, box), seen, at);
    const longSide = Math.max(at.rect.width, at.rect.height);
    const logits = logitsOfHints(at, clicks, box, scale * longSide);
    for (let i = 0; i < logits.length; i++) logits[i]! += net[i]!;
    const seeds = seedsOf(at, clicks, scale);
    return {
      division: new Division(this.#small, logits, seeds, SEARCH_WEIGHTS),
      seeds,
      net,
      cuts: new Map(),
    };
  }
}

const searches = new WeakMap<
  object,
  { readonly models: ModelRunner; readonly search: Promise<ObjectSearch> }
>();

/**
 * The search of a photo, the same one as long as `key` is in memory.
 * @param key what stands for the photo's encoding: the raster of its features, which is shared while it is cached
 */
export function openSearch(
  key: object,
  models: ModelRunner,
  frame: Frame,
  see: () => SeenScene,
): Promise<ObjectSearch> {
  const known = searches.get(key);
  if (known?.models === models) return known.search;
  const search = toSrgb8(frame, { longSide: SEARCH_SIDE }).then(
    (small) => new ObjectSearch(models, small, see(), frame.raster),
  );
  searches.set(key, { models, search });
  search.catch(() => searches.delete(key));
  return search;
}

/** The newest answers by question; a failed one is asked again. */
class Memory<T> {
  readonly #entries = new Map<string, Promise<T>>();

  get(question: string, answer: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(question) ?? answer();
    this.#entries.delete(question);
    this.#entries.set(question, known);
    known.catch(() => this.#entries.delete(question));
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEPT && oldest !== undefined) this.#entries.delete(oldest);
    return known;
  }
}

function pixelOf({ rect, width, height }: Laid, { x, y }: Click): number {
  const column = Math.min(width - 1, Math.floor(((x - rect.x) * width) / rect.width));
  return Math.min(height - 1, Math.floor(((y - rect.y) * height) / rect.height)) * width + column;
}

/**
 * How far a correcting click reaches, as a multiple of the usual: close to the mask's border it means what spilt over
 * it or was left out, further away a thing of its own.
 */
function stepOver(mask: Uint8Array, { width, height }: Laid, pixel: number): number {
  const [cx, cy] = [pixel % width, Math.floor(pixel / width)];
  let nearest = Infinity;
  for (let y = 0, i = 0; y < height; y++) {
    const down = (y - cy) ** 2;
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === mask[pixel]) continue;
      const square = down + (x - cx) ** 2;
      if (square < nearest) nearest = square;
    }
  }
  return Math.min(1, Math.max(0.1, (STEP_OVER * Math.sqrt(nearest)) / Math.max(width, height)));
}
