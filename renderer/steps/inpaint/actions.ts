import type { DocumentState } from '../../../preload/contract.ts';
import { ask } from '../../state/bridge.ts';
import { takeDocument, useModel } from '../../state/model.ts';
import { announce } from '../../state/notices.ts';
import { commit, currentParams } from '../../state/params.ts';
import { run } from '../../state/run.ts';
import { t } from '../../strings.ts';
import { giveFiles } from '../../state/bridge.ts';

const words = t.inpaint;

export function flipPiece(): void {
  const params = currentParams('inpaint');
  if (params) commit('inpaint', { flip: !params.flip }, words.history.flip);
}

/** Seeds are small, so that they can be read out and typed. */
export function newSeed(taken: readonly number[]): number {
  let seed: number;
  do seed = Math.floor(Math.random() * 100_000);
  while (taken.includes(seed));
  return seed;
}

/** Makes variations until there are as many as asked for: locked ones and the chosen one stay. */
export async function makeVariations(count: number): Promise<void> {
  const { document } = useModel.getState();
  if (!document) return;
  const kept = document.variations.filter((v) => v.locked || v.chosen).map((v) => v.seed);
  const seeds = kept.length > 0 ? kept : [currentParams('inpaint')?.seed ?? 0];
  while (seeds.length < count) seeds.push(newSeed(seeds));
  await runSeeds(document.edit, seeds);
}

async function runSeeds(edit: number, seeds: readonly number[]): Promise<void> {
  const answer = await ask('variations.run', { edit, seeds: [...seeds] });
  if (answer) takeDocument(answer.value);
}

/** Another seed for the variation that is shown; locked ones are left alone. */
export async function rerollChosen(): Promise<void> {
  const { document } = useModel.getState();
  const params = currentParams('inpaint');
  if (!document || !params) return;
  const chosen = document.variations.find((v) => v.chosen);
  if (chosen?.locked) return announce(words.lockedAlready);
  const seeds = document.variations.map((v) => v.seed);
  commit('inpaint', { seed: newSeed([...seeds, params.seed]) }, words.history.seed);
}

/** Rolls everything again that is neither locked nor chosen. */
export async function rerollOthers(): Promise<void> {
  const { document } = useModel.getState();
  if (document) await makeVariations(Math.max(2, document.variations.length));
}

export async function setLocked(seed: number, locked: boolean): Promise<void> {
  const { document } = useModel.getState();
  const answer = document && (await ask('variations.lock', { edit: document.edit, seed, locked }));
  if (answer) takeDocument(answer.value);
}

export async function lockChosen(): Promise<void> {
  const { document } = useModel.getState();
  const chosen = document?.variations.find((v) => v.chosen);
  if (!chosen) return;
  await setLocked(chosen.seed, !chosen.locked);
  announce(chosen.locked ? words.unlocked : words.locked);
}

export function chooseSeed(seed: number): void {
  commit('inpaint', { seed }, words.history.seed);
}

export async function chooseProduct(): Promise<void> {
  const { document } = useModel.getState();
  const answer = document && (await ask('product.choose', { edit: document.edit }));
  if (answer?.value) {
    takeDocument(answer.value);
    await runUnlessPainting(answer.value);
  }
}

/** A painting takes minutes: it waits for its button. */
async function runUnlessPainting({ recipe, edit }: DocumentState): Promise<void> {
  if (recipe.edits[edit]?.inpaint.engine !== 'diffuse') await run('inpaint');
}

export async function dropProduct(files: readonly File[]): Promise<void> {
  const answer = await giveFiles(files.slice(0, 1), 'product');
  if (answer && !('photos' in answer.value)) {
    takeDocument(answer.value);
    await runUnlessPainting(answer.value);
  }
}
