import type OpenSeadragon from 'openseadragon';
import type { LayerId } from '../../preload/contract.ts';
import { askQuietly } from '../state/bridge.ts';
import { createTileSource } from './deep-zoom.ts';

/** One picture of a pane. Slots are stacked in the order in which they are given. */
export interface LayerSpec {
  readonly slot: string;
  readonly layer: LayerId;
  /** `rrggbb`: the layer is a mask that is laid over as this color. */
  readonly tint?: string;
  readonly opacity?: number;
}

interface Slot {
  key: string;
  opacity: number;
  items: OpenSeadragon.TiledImage[];
}

const keyOf = ({ layer, tint }: LayerSpec) => `${layer}?${tint ?? ''}`;

/** What a deep zoom shows, replaced without blanking: the old picture stays until all of the new one is there. */
export class LayerStack {
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #slots = new Map<string, Slot>();
  #order: readonly string[] = [];

  constructor(viewer: OpenSeadragon.Viewer) {
    this.#viewer = viewer;
  }

  show(specs: readonly LayerSpec[]): void {
    this.#order = specs.map((s) => s.slot);
    for (const [name, slot] of this.#slots) {
      if (this.#order.includes(name)) continue;
      for (const item of slot.items) this.#viewer.world.removeItem(item);
      this.#slots.delete(name);
    }
    for (const spec of specs) void this.#put(spec);
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
