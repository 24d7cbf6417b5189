import { type BrowserWindow, dialog, type FileFilter } from 'electron';
import { dirname } from 'node:path';
import type { Dialogs } from './dialogs.ts';
import type { SettingsStore } from './preferences.ts';

const pictures: FileFilter = {
  name: 'Photos',
  extensions: ['jpg', 'jpeg', 'png', 'tif', 'tiff', 'webp', 'avif'],
};
const recipes: FileFilter = { name: 'Recipes', extensions: ['json'] };
const projects: FileFilter = { name: 'Davenport projects', extensions: ['davenport'] };

const files = {
  photo: { title: 'Open photo', filters: [pictures] },
  project: { title: 'Open project', filters: [projects] },
  mask: { title: 'Import a mask', filters: [{ ...pictures, name: 'Mask pictures' }] },
  recipe: { title: 'Choose a recipe', filters: [recipes] },
  product: { title: 'Choose a product picture', filters: [{ ...pictures, name: 'Product pictures' }] },
} as const;

/** The system's dialogs, over the window; each starts in the folder where its like was answered last. */
export function systemDialogs(window: () => BrowserWindow | null, settings: SettingsStore): Dialogs {
  const start = (kind: string) => {
    const folder = settings.value.folders[kind];
    return folder === undefined ? {} : { defaultPath: folder };
  };
  const remember = (kind: string, folder: string) => {
    settings.value.folders[kind] = folder;
    void settings.save();
  };
  const ask = async (kind: string, options: Electron.OpenDialogOptions): Promise<string | null> => {
    const parent = window();
    const question = { ...options, ...start(kind) };
    const { canceled, filePaths } = await (parent
      ? dialog.showOpenDialog(parent, question)
      : dialog.showOpenDialog(question));
    const [path] = filePaths;
    if (canceled || path === undefined) return null;
    remember(kind, options.properties?.includes('openDirectory') ? path : dirname(path));
    return path;
  };
  return {
    openFile(kind) {
      const { title, filters } = files[kind];
      return ask(kind, {
        title,
        filters: filters.map((filter) => ({ ...filter })),
        properties: ['openFile'],
      });
    },
    openFolder: (title) =>
      ask(`folder:${title}`, { title, properties: ['openDirectory', 'createDirectory'] }),
    async saveFile({ title, suggested, kind, endings }) {
      const parent = window();
      const filters = [{ name: kind, extensions: [...endings] }];
      const question = { title, defaultPath: suggested, filters };
      const { canceled, filePath } = await (parent
        ? dialog.showSaveDialog(parent, question)
        : dialog.showSaveDialog(question));
      return canceled || filePath === '' ? null : filePath;
    },
  };
}
