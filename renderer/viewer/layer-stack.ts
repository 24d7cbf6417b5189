import type OpenSeadragon from 'openseadragon';
import type { LayerId } from '../../preload/contract.ts';
import { askQuietly } from '../state/bridge.ts';
import { createTileSource } from './deep-zoom.ts';

/** One picture of a pane. Slots are stacked in the order in which they are given. */
export interface LayerSpec {
  readonly slot: string;
  readonly layer: LayerId;
  /** In place of the layer's tiles: one small picture over a part of the photo. */
  readonly picture?: { readonly url: string; readonly rect: Rect; readonly photoWidth: number };
  /** `rrggbb`: the layer is a mask that is laid over as this color. */
  readonly tint?: string;
  readonly opacity?: number;
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Slot {
  key: string;
  opacity: number;
  items: OpenSeadragon.TiledImage[];
}

const keyOf = ({ layer, tint, picture }: LayerSpec) => picture?.url ?? `${layer}?${tint ?? ''}`;

/** Lies over the base until the base has caught up: see {@link LayerStack.show}. */
const DRAFT = 'draft';

/** What a deep zoom shows, replaced without blanking: the old picture stays until all of the new one is there. */
export class LayerStack {
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #slots = new Map<string, Slot>();
  #order: readonly string[] = [];
  #wanted: readonly string[] = [];

  constructor(viewer: OpenSeadragon.Viewer) {
    this.#viewer = viewer;
  }

  /** A draft that is not wanted any more stays until the exact picture under it is there: nothing flickers back. */
  show(specs: readonly LayerSpec[]): void {
    const names = specs.map((s) => s.slot);
    const isKept = (name: string) => name === DRAFT && this.#isLoading(specs.find((s) => s.slot === 'base'));
    const leaving = [...this.#slots.keys()].filter((name) => !names.includes(name));
    for (const name of leaving) if (!isKept(name)) this.#remove(name);
    this.#order = [...names, ...leaving.filter((name) => this.#slots.has(name))];
    this.#wanted = names;
    for (const spec of specs) void this.#put(spec);
  }

  /** True where a slot's picture is another than the one asked for, or on its way still. */
  #isLoading(spec: LayerSpec | undefined): boolean {
    const slot = spec && this.#slots.get(spec.slot);
    return spec !== undefined && slot !== undefined && (slot.key !== keyOf(spec) || slot.items.length !== 1);
  }

  #remove(name: string): void {
    for (const item of this.#slots.get(name)?.items ?? []) this.#viewer.world.removeItem(item);
    this.#slots.delete(name);
    if (name === DRAFT) delete this.#viewer.element.dataset['draft'];
  }

  async #put(spec: LayerSpec): Promise<void> {
    const key = keyOf(spec);
    const opacity = spec.opacity ?? 1;
    const slot: Slot = this.#slots.get(spec.slot) ?? { key: '', opacity, items: [] };
    this.#slots.set(spec.slot, slot);
    if (slot.opacity !== opacity) for (const item of slot.items) item.setOpacity(opacity);
    slot.opacity = opacity;
    if (slot.key === key) return;
    slot.key = key;
    if (spec.picture) return this.#putPicture(spec, spec.picture, slot, key);
    const info = await askQuietly('layer.info', { layer: spec.layer });
    if (!info || !this.#isWanted(spec.slot, slot, key)) return;
    this.#viewer.addTiledImage({
      tileSource: createTileSource(spec.layer, info, spec.tint),
      x: 0,
      y: 0,
      width: 1,
      opacity: slot.opacity,
      success: (event) =>
        this.#added(spec.slot, slot, key, (event as unknown as { item: OpenSeadragon.TiledImage }).item),
    });
  }

  #putPicture(spec: LayerSpec, picture: NonNullable<LayerSpec['picture']>, slot: Slot, key: string): void {
    const { rect, url, photoWidth } = picture;
    this.#viewer.addTiledImage({
      tileSource: { type: 'image', url, buildPyramid: false, crossOriginPolicy: 'Anonymous' },
      x: rect.x / photoWidth,
      y: rect.y / photoWidth,
      width: rect.width / photoWidth,
      success: (event) =>
        this.#added(spec.slot, slot, key, (event as unknown as { item: OpenSeadragon.TiledImage }).item),
    });
  }

  #isWanted(name: string, slot: Slot, key: string): boolean {
    return this.#slots.get(name) === slot && slot.key === key;
  }

  #added(name: string, slot: Slot, key: string, item: OpenSeadragon.TiledImage): void {
    if (!this.#isWanted(name, slot, key)) {
      this.#viewer.world.removeItem(item);
      return;
    }
    slot.items.push(item);
    this.#sort();
    const settle = () => {
      if (!item.getFullyLoaded()) return;
      item.removeHandler('fully-loaded-change', settle);
      this.#dropOlder(slot, item);
      if (name === DRAFT) this.#viewer.element.dataset['draft'] = key;
    };
    item.addHandler('fully-loaded-change', settle);
    settle();
  }

  /** Gives the new picture the time to fade in before what lies under it goes. */
  #dropOlder(slot: Slot, item: OpenSeadragon.TiledImage): void {
    setTimeout(() => {
      const at = slot.items.indexOf(item);
      if (at < 0) return;
      for (const old of slot.items.splice(0, at)) this.#viewer.world.removeItem(old);
      if (slot === this.#slots.get('base') && !this.#wanted.includes(DRAFT)) this.#remove(DRAFT);
    }, 160);
  }

  #sort(): void {
    let index = 0;
    for (const name of this.#order) {
      for (const item of this.#slots.get(name)?.items ?? []) {
        if (this.#viewer.world.getIndexOfItem(item) !== index) this.#viewer.world.setItemIndex(item, index);
        index++;
      }
    }
  }
}
