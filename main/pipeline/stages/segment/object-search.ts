import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { maskBox } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { resizeRaster } from '../../../imaging/resize.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { cropRaster, wholeWindow } from '../../../imaging/window.ts';
import type { ModelRunner } from '../../../inference/tensor.ts';
import { askClickHead, type ClickAnswer } from './click-head.ts';
import { correctObject } from './correct-object.ts';
import { Division, type Seeds } from './divide-object.ts';
import { type Laid, logitsOfHints, seedsOf } from './hints.ts';
import { keepTheObject } from './keep-object.ts';
import { labelsOf, pasteChange, signed } from './labels.ts';
import type { Box, Click } from './params.ts';
import { sampleGrid } from './scene-grid.ts';
import { type SeenScene, weighNets } from './weigh-nets.ts';

/** Long side of the picture on which masks are kept and corrected. */
const PICTURE_SIDE = 768;
/** Long side of the whole photo in which the object is sought. */
const SEARCH_SIDE = 192;
/** Smoothness of the search's cut: objects are large and whole, leaks are narrow. */
const SEARCH_WEIGHTS = { color: 0.5, smoothness: 15, rounds: 2 };
/** Long side of the part of the picture that a correction looks at, and its margin around the object. */
const CORRECTED_SIDE = 256;
const MARGIN = 0.3;
/** An object smaller than this many pixels of the picture is looked at as if it were as large. */
const LEAST_SIDE = 20;
/** What lies within a mask's border counts for so many logits when it is shown to the net again. */
const SHOWN = 4;
/** What a correcting click is certain of, as a share of what a first one is. */
const CERTAIN = 0.5;
/** Answers and parts that are kept for the next click, and masks. */
const KEPT = 64;
const KEPT_MASKS = 24;

/** What belongs to a first click: divided once, then cut as generously as is asked for. */
interface Part {
  readonly division: Division;
  readonly seeds: Seeds;
  readonly net: Float32Array;
}

/**
 * The search for an object in one photo. The first click's or the box's mask is coarse: the net's answer, nearness to
 * the click and colour are weighed against each other by a minimum cut over the whole reduced photo. Every further
 * click corrects the mask before it, closer to the object.
 *
 * [Note: One search per photo] Clicks are answered one by one, so all but the last click's work has been done when a
 * click is added, and a preview's when the mask itself is asked for. A search therefore lives as long as the photo's
 * encoding is in memory, and remembers.
 */
export class ObjectSearch {
  /** Where the pixels of its masks lie on the photo. */
  readonly at: Laid;
  readonly seen: SeenScene;
  readonly #models: ModelRunner;
  readonly #picture: Raster<Uint8Array>;
  readonly #small: Raster<Uint8Array>;
  readonly #answers = new Memory<ClickAnswer>(KEPT);
  readonly #parts = new Memory<Part>(KEPT);
  readonly #masks = new Memory<Uint8Array>(KEPT_MASKS);

  /**
   * @param picture u8 sRGB, the whole photo at the masks' size
   * @param small the same at the search's size
   */
  constructor(
    models: ModelRunner,
    picture: Raster<Uint8Array>,
    small: Raster<Uint8Array>,
    seen: SeenScene,
    photo: { readonly width: number; readonly height: number },
  ) {
    this.#models = models;
    this.#picture = picture;
    this.#small = small;
    this.seen = seen;
    const { width, height } = photo;
    this.at = { rect: { x: 0, y: 0, width, height }, width: picture.width, height: picture.height };
  }

  /** How exact the border of a mask of these clicks is, photo px. */
  grain(clicks: readonly Click[]): number {
    const { rect, width } = this.at;
    return rect.width / (clicks.length > 1 ? width : this.#small.width);
  }

  /** The net's answer, asked twice: the second time it sees its first answer, as it did in training. */
  ask(clicks: readonly Click[], box: Box | null): Promise<ClickAnswer> {
    return this.#answers.get(JSON.stringify([clicks, box]), async () => {
      const first = await askClickHead(this.#models, this.seen, clicks, box, null);
      const second = await askClickHead(this.#models, this.seen, clicks, box, first.logits);
      return { logits: meanOf(first.logits, second.logits), iou: Math.max(first.iou, second.iou) };
    });
  }

  /**
   * The pixels of the object, 1, else 0: the box's or, without one, the first include click's, then corrected by one
   * click after the other. A click that the mask agrees with changes nothing.
   * @param bias logits added for a more generous (positive) or tighter first mask
   */
  async divide(clicks: readonly Click[], box: Box | null, bias: number): Promise<Uint8Array> {
    const first = box ? undefined : clicks.find((click) => click.label === 'include');
    if (!first && !box) return new Uint8Array(this.at.width * this.at.height);
    let made = first ? [first] : [];
    let mask = await this.#find(made, box, bias);
    for (const click of clicks) {
      if (click === first) continue;
      made = [...made, click];
      const label = click.label === 'include' ? 1 : 0;
      if (mask[pixelOf(this.at, click)] === label) continue;
      const [before, soFar] = [mask, made];
      mask = await this.#masks.get(JSON.stringify([made, box, bias]), () =>
        this.#correct(before, soFar, box, click),
      );
    }
    return mask;
  }

  /** What belongs to a first click or lies in a box. */
  #find(clicks: readonly Click[], box: Box | null, bias: number): Promise<Uint8Array> {
    return this.#masks.get(JSON.stringify([clicks, box, bias]), async () => {
      const { division, seeds, net } = await this.#parts.get(JSON.stringify([clicks, box]), () =>
        this.#weigh(clicks, box),
      );
      const { width, height } = this.#small;
      const cut = keepTheObject(division.cut(bias), width, height, seeds, net);
      const whole = { x: 0, y: 0, width, height };
      return labelsOf(sampleGrid(signed(cut, width, height), whole, this.at.width, this.at.height));
    });
  }

  async #weigh(clicks: readonly Click[], box: Box | null): Promise<Part> {
    const at: Laid = { ...this.at, width: this.#small.width, height: this.#small.height };
    const net = weighNets(await this.ask(clicks, box), this.seen, at);
    const logits = logitsOfHints(at, clicks, box, Math.max(at.rect.width, at.rect.height));
    for (let i = 0; i < logits.length; i++) logits[i]! += net[i]!;
    const seeds = seedsOf(at, clicks);
    return { division: new Division(this.#small, logits, seeds, SEARCH_WEIGHTS), seeds, net };
  }

  /** The mask after one more click, the last of `clicks`. */
  async #correct(
    before: Uint8Array,
    clicks: readonly Click[],
    box: Box | null,
    click: Click,
  ): Promise<Uint8Array> {
    const { at } = this;
    const mask = signed(before, at.width, at.height);
    const area = this.#around(before, clicks);
    const scale = Math.min(1, CORRECTED_SIDE / Math.max(area.width, area.height));
    const width = Math.max(1, Math.round(area.width * scale));
    const height = Math.max(1, Math.round(area.height * scale));
    const rgb = await resizeRaster(cropRaster(this.#picture, area), width, height);
    const part: Laid = { rect: onPhoto(area, at), width, height };
    const shown = sampleGrid(mask, area, width, height);
    const labels = labelsOf(shown);
    const net = weighNets(await this.#askAgain(mask, clicks, box), this.seen, part);
    const pixel = pixelOf(part, click);
    const label = click.label === 'include' ? 1 : 0;
    const seeds = seedsOf(part, clicks, CERTAIN);
    const after = correctObject(rgb, labels, net, seeds, { pixel, label });
    return pasteChange(before, at.width, area, signed(labels, width, height), signed(after, width, height));
  }

  /** The net's answer to all clicks, halfway between a fresh one and one that sees the mask before the last click. */
  async #askAgain(
    mask: Raster<Float32Array>,
    clicks: readonly Click[],
    box: Box | null,
  ): Promise<ClickAnswer> {
    const fresh = await this.ask(clicks, box);
    const { fit } = this.seen;
    const cells = fresh.logits.width;
    const [across, down] = [(fit.width * cells) / fit.side, (fit.height * cells) / fit.side];
    const area = { x: 0, y: 0, width: (mask.width * cells) / across, height: (mask.height * cells) / down };
    const logits = sampleGrid(mask, area, cells, cells);
    for (let y = 0, i = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++, i++) {
        const isOutside = x >= across || y >= down;
        logits.data[i] = SHOWN * (isOutside ? -1 : logits.data[i]!);
      }
    }
    const again = await askClickHead(this.#models, this.seen, clicks, box, logits);
    return { ...again, logits: meanOf(fresh.logits, again.logits) };
  }

  /** The part of the picture that a correction looks at: the mask and the include clicks, with a margin. */
  #around(mask: Uint8Array, clicks: readonly Click[]): Rect {
    const { width, height } = this.at;
    const found = maskBox(wholeWindow({ width, height, channels: 1, data: mask }));
    const points = clicks
      .filter((click) => click.label === 'include')
      .map((click) => pixelOf(this.at, click));
    const xs = points.map((pixel) => pixel % width);
    const ys = points.map((pixel) => Math.floor(pixel / width));
    if (found) {
      xs.push(found.x, found.x + found.width - 1);
      ys.push(found.y, found.y + found.height - 1);
    }
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const rect = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    const margin = Math.ceil(MARGIN * Math.max(rect.width, rect.height, LEAST_SIDE));
    return clampRect(growRect(rect, margin), width, height);
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
  const search = lookCloser(frame).then(
    ([picture, small]) => new ObjectSearch(models, picture, small, see(), frame.raster),
  );
  searches.set(key, { models, search });
  search.catch(() => searches.delete(key));
  return search;
}

async function lookCloser(frame: Frame): Promise<[Raster<Uint8Array>, Raster<Uint8Array>]> {
  const picture = await toSrgb8(frame, { longSide: PICTURE_SIDE });
  const scale = Math.min(1, SEARCH_SIDE / Math.max(picture.width, picture.height));
  const size = (side: number) => Math.max(1, Math.round(side * scale));
  return [picture, await resizeRaster(picture, size(picture.width), size(picture.height))];
}

/** The newest answers by question; a failed one is asked again. */
class Memory<T> {
  readonly #entries = new Map<string, Promise<T>>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get(question: string, answer: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(question) ?? answer();
    this.#entries.delete(question);
    this.#entries.set(question, known);
    known.catch(() => this.#entries.delete(question));
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#size && oldest !== undefined) this.#entries.delete(oldest);
    return known;
  }
}

function pixelOf({ rect, width, height }: Laid, { x, y }: Click): number {
  const column = Math.min(width - 1, Math.max(0, Math.floor(((x - rect.x) * width) / rect.width)));
  return (
    Math.min(height - 1, Math.max(0, Math.floor(((y - rect.y) * height) / rect.height))) * width + column
  );
}

/** A part of a picture in photo px, not rounded. */
function onPhoto(area: Rect, { rect, width, height }: Laid): Rect {
  const [sx, sy] = [rect.width / width, rect.height / height];
  return { x: area.x * sx, y: area.y * sy, width: area.width * sx, height: area.height * sy };
}

function meanOf(a: Raster<Float32Array>, b: Raster<Float32Array>): Raster<Float32Array> {
  return { ...a, data: a.data.map((v, i) => (v + b.data[i]!) / 2) };
}
