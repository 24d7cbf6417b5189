import { type BrowserWindow, powerSaveBlocker } from 'electron';
import type { CommandId } from '../../preload/commands.ts';
import type { DocumentState } from '../../preload/contract.ts';
import { applyMenu } from './menu.ts';
import { nameWindow, showProgress } from './window.ts';

/** What the system shows around the page: title, menu, progress; and keeps the machine awake while something runs. */
export class WindowFrame {
  readonly #window: () => BrowserWindow | null;
  readonly #choose: (command: CommandId) => void;
  #menu = '';
  #title = '';
  #blocker: number | null = null;

  constructor(window: () => BrowserWindow | null, choose: (command: CommandId) => void) {
    this.#window = window;
    this.#choose = choose;
  }

  /** @param path of the open project */
  show(state: DocumentState | null, path: string | null): void {
    this.#showMenu(state);
    const running = state?.running ?? null;
    this.#keepAwake(running !== null);
    const window = this.#window();
    if (!window || window.isDestroyed()) return;
    const title = `${window.id} ${path}`;
    if (title !== this.#title) nameWindow(window, path, state?.name ?? '');
    this.#title = title;
    showProgress(window, running?.total ?? null);
  }

  progress(total: number): void {
    const window = this.#window();
    if (window && !window.isDestroyed()) showProgress(window, total);
  }

  /** Menus are built anew only where something in them changes. */
  #showMenu(state: DocumentState | null): void {
    const flags = {
      hasDocument: state !== null,
      canUndo: state?.canUndo ?? false,
      canRedo: state?.canRedo ?? false,
    };
    const key = JSON.stringify(flags);
    if (key === this.#menu) return;
    this.#menu = key;
    applyMenu({ ...flags, choose: this.#choose });
  }

  #keepAwake(isRunning: boolean): void {
    if (isRunning) this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }
}
