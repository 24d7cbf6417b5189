import { findUsablePacks, type Pack } from '../inference/packs.ts';

/** What is installed: looked up at the start, and again whenever somebody may have installed something. */
export class InstalledPacks {
  readonly #folders: readonly string[] | undefined;
  readonly #list: Pack[] = [];
  #problems: readonly Error[] = [];

  /** @param folders where packs are looked for; the usual places where it is left out */
  constructor(folders?: readonly string[]) {
    this.#folders = folders;
    this.lookAgain();
  }

  /** Always the same list, whose content follows what is installed: open projects see what came later. */
  get list(): readonly Pack[] {
    return this.#list;
  }

  /** Packs that cannot be read. */
  get problems(): readonly Error[] {
    return this.#problems;
  }

  /** The folders of the packs that can be read: a broken one is no reason not to work. */
  get folders(): string[] {
    return this.#list.map(({ folder }) => folder);
  }

  /** @returns true where something came, went or changed */
  lookAgain(): boolean {
    const before = describe(this.#list);
    const { packs, problems } = findUsablePacks(this.#folders);
    this.#list.splice(0, this.#list.length, ...packs);
    this.#problems = problems;
    return describe(this.#list) !== before;
  }
}

function describe(packs: readonly Pack[]): string {
  return JSON.stringify(packs.map(({ folder, manifest }) => [folder, manifest]));
}
