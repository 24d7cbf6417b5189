import { strict } from '../strict.ts';
import { askForPaths, askToChoose } from './ask.ts';
import { options } from './runtime.ts';

type OpenOptions = Electron.OpenDialogOptions;
type SaveOptions = Electron.SaveDialogOptions;
type BoxOptions = Electron.MessageBoxOptions;

/** In a test, whoever opens a dialog must have been given its answer: nobody is there to close it. */
function refuseUnscripted(what: string, shown: unknown): void {
  if (options.interactive) return;
  throw new Error(`No answer was scripted for dialog.${what}(${JSON.stringify(shown)})`);
}

/** The options, with or without a window before them. */
function optionsOf<T>(args: readonly unknown[]): T {
  return args.at(-1) as T;
}

export const dialog = strict('dialog', {
  async showOpenDialog(...args: unknown[]): Promise<Electron.OpenDialogReturnValue> {
    const shown = optionsOf<OpenOptions>(args);
    refuseUnscripted('showOpenDialog', shown);
    const folders = shown.properties?.includes('openDirectory') ?? false;
    const filePaths = await askForPaths(shown.title ?? shown.message ?? 'Open', folders, shown.defaultPath);
    return { canceled: filePaths.length === 0, filePaths };
  },
  async showSaveDialog(...args: unknown[]): Promise<Electron.SaveDialogReturnValue> {
    const shown = optionsOf<SaveOptions>(args);
    refuseUnscripted('showSaveDialog', shown);
    const [filePath = ''] = await askForPaths(
      shown.title ?? shown.message ?? 'Save as',
      false,
      shown.defaultPath,
    );
    return { canceled: filePath === '', filePath };
  },
  async showMessageBox(...args: unknown[]): Promise<Electron.MessageBoxReturnValue> {
    const shown = optionsOf<BoxOptions>(args);
    refuseUnscripted('showMessageBox', shown);
    const response = await askToChoose(
      shown.message,
      shown.detail ?? '',
      shown.buttons ?? ['OK'],
      shown.cancelId ?? 0,
    );
    return { response, checkboxChecked: shown.checkboxChecked ?? false };
  },
  showErrorBox(title: string, content: string): void {
    refuseUnscripted('showErrorBox', { title, content });
    process.stderr.write(`${title}\n${content}\n`);
  },
});
