import { join } from 'node:path';
import type { DocumentState } from '../../preload/contract.ts';
import { applyClicks, LEFT_OUT, NOT_CLICKED } from '../batch/batch.ts';
import { type ClickedObject, writeClicks } from '../batch/clicks-file.ts';
import { recipeFor } from '../batch/process-item.ts';
import type { BatchItem } from '../batch/queue.ts';
import { RequestError } from '../errors.ts';
import { recipeFromFile } from '../interop/apply-recipe.ts';
import { hasSelection } from '../pipeline/completeness.ts';
import type { Edit, Recipe } from '../pipeline/recipe.ts';
import type { Desk } from './desk.ts';
import type { LookAhead, NextPhoto } from './look-ahead.ts';
import type { OpenBatch } from './open-batch.ts';

/** Goes through the photos of a batch that nobody has clicked: one fills the viewer, the next is prepared meanwhile. */
export class ClickThrough {
  readonly #desk: Desk;
  readonly #ahead: LookAhead;
  /** What was clicked or left out, in order. */
  #before: number[] = [];
  #current: number | null = null;

  constructor(desk: Desk, ahead: LookAhead) {
    this.#desk = desk;
    this.#ahead = ahead;
  }

  /** The item whose photo is open for clicking. */
  get current(): number | null {
    return this.#current;
  }

  get canGoBack(): boolean {
    return this.#before.length > 0;
  }

  /** Forgets where it was; the photo that is open stays open. */
  leave(): void {
    this.#current = null;
    this.#before = [];
  }

  /** Opens a photo for clicking; the first that nobody has clicked where no id is given, null where all are. */
  async open(batch: OpenBatch, id?: number): Promise<DocumentState | null> {
    const [first, second] = batch.queue.listFor('person', NOT_CLICKED, 2);
    const item = id === undefined ? first : batch.queue.item(id);
    if (!item) {
      this.leave();
      await this.#ahead.close();
      return null;
    }
    if (item.state === 'running')
      throw new RequestError(`${item.name} is at work now`, 'Wait until it is done');
    this.#current = item.id;
    await this.#ahead.settle();
    const { photo, project, decide } = toBeClicked(batch, item);
    const document = await this.#desk.openAt(photo, project, decide);
    const next = first?.id === item.id ? second : first;
    if (next) this.#ahead.prepare(toBeClicked(batch, next));
    return document;
  }

  /** Takes the clicks of the open photo over, or leaves it out, and opens the next; null after the last. */
  async done(batch: OpenBatch, skip: boolean): Promise<DocumentState | null> {
    const item = this.#current === null ? null : batch.queue.item(this.#current);
    const document = this.#desk.document;
    if (!item || !document) throw new RequestError('No photo is open for clicking', 'Choose one in the list');
    const objects = skip ? [] : objectsOf(document.recipe, batch.recipe.file.locked, templateOf(batch));
    if (!skip && objects.length === 0)
      throw new RequestError('Nothing is clicked yet', 'Click the object, or leave the photo out');
    batch.clicks.set(item.name, { skip, objects });
    await writeClicks(batch.clicksFile, batch.clicks);
    await this.#desk.closeDocument();
    applyClicks(batch.queue, batch.clicks);
    if (skip) batch.queue.finish(item.id, { state: 'skipped', reason: LEFT_OUT });
    else batch.queue.retry([item.id]);
    this.#before = [...this.#before.filter((id) => id !== item.id), item.id];
    return this.open(batch);
  }

  /** Goes back to the photo before; what is open is neither taken over nor left out. */
  async back(batch: OpenBatch): Promise<DocumentState> {
    const id = this.#before.pop();
    const document = id === undefined ? null : await this.open(batch, id);
    if (document) return document;
    throw new RequestError('This is the first photo', 'Click the object in it');
  }

  /** What a further object of the open photo begins with; undefined where no photo is open for clicking. */
  template(batch: OpenBatch | null): Edit | undefined {
    return batch && this.#current !== null ? templateOf(batch).edits[0] : undefined;
  }
}

function templateOf(batch: OpenBatch): Recipe {
  return recipeFromFile(batch.recipe, 1);
}

/** An item as its project is opened for clicking: with the batch's recipe, and the clicks it has already. */
function toBeClicked({ recipe, clicks, out }: OpenBatch, item: BatchItem): NextPhoto {
  return {
    id: item.id,
    photo: item.photo,
    project: join(out, item.project),
    decide: async (current, photo) => {
      const objects = clicks.get(item.name)?.objects ?? [];
      return {
        recipe: current.edits.some(hasSelection) ? current : recipeFor(recipe, objects, photo),
        files: recipe.product ? [recipe.product] : [],
        label: `Batch: ${recipe.file.name}`,
      };
    },
  };
}

/** What says which object is meant; everything else of an edit is settings. */
const SELECTION: ReadonlySet<string> = new Set(['clicks', 'box', 'mask', 'strokes']);

/**
 * What was clicked in a project, as the file of clicks holds it, with the settings that differ from the recipe. Edits
 * without a selection are left out; what the recipe locks is never among the settings.
 */
export function objectsOf(recipe: Recipe, locked: readonly string[], template: Recipe): ClickedObject[] {
  const [base] = template.edits;
  return recipe.edits.filter(hasSelection).map((edit, index) => {
    const { clicks, box, mask, strokes } = edit.segment;
    const pick = (label: 'include' | 'exclude') =>
      clicks
        .filter((click) => click.label === label)
        .map(({ x, y }): [number, number] => [Math.round(x), Math.round(y)]);
    const stages = [
      ...(['segment', 'depth', 'inpaint', 'color'] as const).map(
        (stage) => [stage, edit[stage], base?.[stage]] as const,
      ),
      ...(index === 0 ? [['upscale', recipe.upscale, template.upscale] as const] : []),
    ];
    const set = Object.fromEntries(
      stages.flatMap(([stage, own, usual]) => differences(stage, own, usual ?? {})),
    );
    for (const param of locked) delete set[param];
    return {
      clicks: pick('include'),
      exclude: pick('exclude'),
      box: box && [box.x0, box.y0, box.x1, box.y1],
      drawn: mask !== null || strokes.length > 0,
      set,
    };
  });
}

function differences(stage: string, own: object, usual: object): [string, ClickedObject['set'][string]][] {
  const before = usual as Record<string, unknown>;
  return Object.entries(own)
    .filter(([name]) => !(stage === 'segment' && SELECTION.has(name)))
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]))
    .map(([name, value]) => [`${stage}.${name}`, value as ClickedObject['set'][string]]);
}
