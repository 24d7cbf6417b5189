import { UnknownElectronApi } from '../strict.ts';

const LOAD_OPTIONS = new Set([
  'nodeIntegration',
  'contextIsolation',
  'sandbox',
  'preload',
  'additionalArguments',
]);
const HARMLESS_PREFERENCES = [
  'devTools',
  'spellcheck',
  'webSecurity',
  'backgroundThrottling',
  'navigateOnDragDrop',
];

/** @throws Error where the app would open a window that is not as safe as the host's always are */
export function checkPreferences(preferences: Electron.WebPreferences): void {
  for (const name of Object.keys(preferences))
    if (!LOAD_OPTIONS.has(name) && !HARMLESS_PREFERENCES.includes(name))
      throw new UnknownElectronApi(`webPreferences.${name}`);
  if (preferences.nodeIntegration) throw new UnknownElectronApi('webPreferences.nodeIntegration: true');
  if (preferences.contextIsolation === false)
    throw new UnknownElectronApi('webPreferences.contextIsolation: false');
  if (preferences.sandbox === false) throw new UnknownElectronApi('webPreferences.sandbox: false');
  if (preferences.webSecurity === false) throw new UnknownElectronApi('webPreferences.webSecurity: false');
}
