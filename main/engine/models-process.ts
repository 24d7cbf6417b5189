import type { MemoryPreset } from '../inference/memory.ts';
import type { ProviderChoice } from '../inference/providers.ts';
import type { ChildExit, ChildHost } from './child-host.ts';
import { privateFolder, type PrivateFolder } from './private-folder.ts';
import { fromModels } from './protocol.ts';
import { SupervisedChild } from './supervised-child.ts';

export interface ModelsOptions {
  readonly host: ChildHost;
  readonly packs: readonly string[];
  readonly provider: ProviderChoice;
  readonly preset: MemoryPreset;
  readonly threads: number | undefined;
}

/** From the wish to cancel: how long a model run may go on, ms. */
const GRACE_MS = 500;

/**
 * The parent's side of the *models* process. Engines that work side by side share one, so that every model is loaded
 * once; its runs are served one after the other.
 */
export class ModelsProcess {
  /** The memory preset in force; who lowers it ends the process, which then starts under the new one. */
  preset: MemoryPreset;
  readonly #child: SupervisedChild;
  readonly #folder: PrivateFolder = privateFolder();
  /** How often it was ended on purpose: who loses it to that may simply try again. */
  #endings = 0;
  #asked = 0;
  #answer: Promise<boolean> | undefined;

  constructor({ host, packs, provider, preset, threads }: ModelsOptions) {
    this.preset = preset;
    this.#child = new SupervisedChild(host, 'models', () => {
      const endpoint = this.#folder.endpoint('models');
      const init = { type: 'init', packs: [...packs], preset: this.preset, provider, endpoint };
      return { init: { ...init, ...(threads === undefined ? {} : { threads }) }, address: endpoint };
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get lastExit(): ChildExit {
    return this.#child.lastExit;
  }

  get lastWords(): string {
    return this.#child.lastWords;
  }

  /** Settles when it has ended; at once where it does not run. */
  get ended(): Promise<void> {
    return this.#child.ended;
  }

  get endings(): number {
    return this.#endings;
  }

  /** Starts it where it does not run. @returns where it listens. @throws MachineError where it cannot start */
  ensure(): Promise<string> {
    return this.#child.ensure();
  }

  /** A run cannot be interrupted: a process that does not answer is inside one, and is ended. */
  async endIfBusy(): Promise<void> {
    if (this.#child.pid === undefined) return;
    this.#answer ??= this.#ping().finally(() => {
      this.#answer = undefined;
    });
    if (!(await this.#answer)) await this.end();
  }

  async end(): Promise<void> {
    if (this.#child.pid !== undefined) this.#endings += 1;
    await this.#child.end(null, 0);
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.end();
    this.#folder.remove();
  }

  /** False where no answer came in time. */
  #ping(): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (answered: boolean) => {
        clearTimeout(timer);
        this.#child.listen(null);
        resolve(answered);
      };
      const timer = setTimeout(() => finish(false), GRACE_MS);
      this.#child.listen({
        message: (raw) => void (fromModels.parse(raw).type === 'pong' && finish(true)),
        exit: () => finish(true),
      });
      this.#child.send({ type: 'ping', id: ++this.#asked });
    });
  }
}
