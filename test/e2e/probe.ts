import type * as ElectronModule from 'electron';

type ElectronNames = typeof ElectronModule;

/** One call that the app made of something that leaves no trace in its window. */
export interface RecordedCall {
  /** e.g. `shell.openExternal`, `window.setProgressBar`. */
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface DialogAnswers {
  showOpenDialog: Partial<Electron.OpenDialogReturnValue>;
  showSaveDialog: Partial<Electron.SaveDialogReturnValue>;
  showMessageBox: Partial<Electron.MessageBoxReturnValue>;
}

/** A menu item as people see it. */
export interface MenuItemState {
  readonly label: string;
  readonly enabled: boolean;
  readonly visible: boolean;
  readonly checked: boolean;
  readonly accelerator: string | null;
}

/** What a test answers in the app's place and learns of it, beside its pages. */
export interface Probe {
  readonly dialogs: {
    /** Answers the next dialog of this kind; answers are used in their order. A dialog without one throws in the app. */
    answer<K extends keyof DialogAnswers>(kind: K, answer: DialogAnswers[K]): Promise<void>;
    /** The dialogs that were opened, with their options. */
    asked(): Promise<readonly RecordedCall[]>;
  };
  readonly menu: {
    /** Clicks an item of the application menu. @throws Error where there is none with this id, or it is disabled */
    click(id: string): Promise<void>;
    item(id: string): Promise<MenuItemState | null>;
    /** Labels from the top down, indented by level: the whole menu in one text. */
    outline(): Promise<string>;
  };
  /** What the app asked of shell, taskbar and title bar; of one name, or all. */
  recorded(name?: string): Promise<readonly RecordedCall[]>;
}

/** What the probe keeps in the main process. */
interface ProbeState {
  readonly answers: Record<string, unknown[]>;
  readonly asked: RecordedCall[];
  readonly calls: RecordedCall[];
}
type WithProbe = { davenportProbe: ProbeState };

type Evaluate = <R, A = undefined>(
  run: (electron: ElectronNames, arg: A) => R | Promise<R>,
  arg?: A,
) => Promise<R>;

/** Takes the place of dialogs and listens to calls, in the main process of Electron and of the host alike. */
export async function installProbe(evaluate: Evaluate): Promise<Probe> {
  await evaluate(patch);
  return {
    dialogs: {
      answer: (kind, answer) =>
        evaluate(
          (_electron, given) => {
            const { answers } = (globalThis as unknown as WithProbe).davenportProbe;
            answers[given.kind] = [...(answers[given.kind] ?? []), given.answer];
          },
          { kind, answer } as { kind: string; answer: unknown },
        ),
      asked: () => evaluate(() => (globalThis as unknown as WithProbe).davenportProbe.asked),
    },
    menu: {
      click: (id) => evaluate(clickMenuItem, id),
      item: (id) => evaluate(readMenuItem, id),
      outline: () => evaluate(outlineMenu),
    },
    async recorded(name) {
      const calls = await evaluate(() => (globalThis as unknown as WithProbe).davenportProbe.calls);
      return name === undefined ? calls : calls.filter((call) => call.name === name);
    },
  };
}

// The functions below run in the main process: they may use nothing from outside themselves.

function patch({ app, BrowserWindow, dialog, Menu, Notification, shell }: ElectronNames): void {
  const state: ProbeState = { answers: {}, asked: [], calls: [] };
  (globalThis as unknown as WithProbe).davenportProbe = state;
  const plain = (args: readonly unknown[]) =>
    args.map((arg) => (arg && typeof arg === 'object' && 'webContents' in arg ? 'window' : arg));
  const replace = (owner: object, names: readonly string[], prefix: string, call: boolean) => {
    for (const name of names) {
      const methods = owner as Record<string, (...args: unknown[]) => unknown>;
      const original = methods[name];
      methods[name] = function (this: unknown, ...args: unknown[]) {
        state.calls.push({
          name: `${prefix}.${name}`,
          args: JSON.parse(JSON.stringify(plain(args))) as unknown[],
        });
        return call ? original?.apply(this, args) : name.startsWith('open') ? Promise.resolve('') : undefined;
      };
    }
  };
  replace(shell, ['openExternal', 'openPath', 'showItemInFolder', 'beep'], 'shell', false);
  replace(app, ['addRecentDocument', 'clearRecentDocuments'], 'app', true);
  const windowMethods = ['setProgressBar', 'setRepresentedFilename', 'setDocumentEdited', 'setTitle'];
  replace(BrowserWindow.prototype, windowMethods, 'window', true);
  replace(Menu.prototype, ['popup'], 'menu', false);
  replace(Notification.prototype, ['show'], 'notification', false);
  const complete: Record<string, object> = {
    showOpenDialog: { canceled: false, filePaths: [] },
    showSaveDialog: { canceled: false, filePath: '' },
    showMessageBox: { response: 0, checkboxChecked: false },
  };
  for (const [kind, usual] of Object.entries(complete)) {
    const answer = async (...args: unknown[]) => {
      state.asked.push({ name: kind, args: plain(args) });
      const given = state.answers[kind]?.shift();
      if (given === undefined) throw new Error(`No answer was scripted for dialog.${kind}`);
      return { ...usual, ...(given as object) };
    };
    (dialog as unknown as Record<string, unknown>)[kind] = answer;
  }
}

function clickMenuItem({ BrowserWindow, Menu }: ElectronNames, id: string): void {
  const item = Menu.getApplicationMenu()?.getMenuItemById(id);
  if (!item) throw new Error(`The application menu has no item ${id}`);
  if (!item.enabled) throw new Error(`The menu item ${id} is disabled`);
  const [window] = BrowserWindow.getAllWindows();
  item.click({}, BrowserWindow.getFocusedWindow() ?? window, window?.webContents);
}

function readMenuItem({ Menu }: ElectronNames, id: string): MenuItemState | null {
  const item = Menu.getApplicationMenu()?.getMenuItemById(id);
  if (!item) return null;
  const { label, enabled, visible, checked, accelerator } = item;
  return { label, enabled, visible, checked, accelerator: accelerator ?? null };
}

function outlineMenu({ Menu }: ElectronNames): string {
  const lines = (menu: Electron.Menu | null, depth: number): string[] =>
    (menu?.items ?? []).flatMap((item) => [
      '  '.repeat(depth) + (item.type === 'separator' ? '—' : item.label),
      ...(item.submenu ? lines(item.submenu, depth + 1) : []),
    ]);
  return lines(Menu.getApplicationMenu(), 0).join('\n');
}
