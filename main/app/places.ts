import { app } from 'electron';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program's own folder; this file lies two levels below it, from source and built alike. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the program's files are. */
export const places = {
  preload: join(root, 'dist/preload/bridge.cjs'),
  renderer: join(root, 'dist/renderer'),
  get samples(): string {
    return app.isPackaged ? join(process.resourcesPath, 'samples') : join(root, 'assets/samples');
  },
  /** Kept by the program itself. */
  get data(): string {
    return app.getPath('userData');
  },
  /** For projects whose photo lies where nothing can be written. */
  get projects(): string {
    return join(app.getPath('documents'), 'Davenport');
  },
};

/** In the installed app the starter pack lies beside the archive, where packs are not looked for by themselves. */
export function addBundledPacks(): void {
  if (!app.isPackaged) return;
  const bundled = join(process.resourcesPath, 'models', 'starter');
  const others = process.env['DAVENPORT_PACKS'];
  process.env['DAVENPORT_PACKS'] = others ? `${others}${delimiter}${bundled}` : bundled;
}
