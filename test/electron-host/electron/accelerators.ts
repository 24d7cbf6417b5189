/** Electron's accelerators (`CmdOrCtrl+Shift+Z`) and the names of keys as pages tell them. */

const MODIFIERS: Readonly<Record<string, 'Ctrl' | 'Alt' | 'Shift' | 'Meta'>> = {
  ctrl: 'Ctrl',
  control: 'Ctrl',
  alt: 'Alt',
  option: 'Alt',
  altgr: 'Alt',
  shift: 'Shift',
  super: 'Meta',
  meta: 'Meta',
  cmd: 'Meta',
  command: 'Meta',
};
const KEYS: Readonly<Record<string, string>> = {
  plus: '+',
  space: ' ',
  tab: 'Tab',
  backspace: 'Backspace',
  delete: 'Delete',
  insert: 'Insert',
  return: 'Enter',
  enter: 'Enter',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  home: 'Home',
  end: 'End',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  escape: 'Escape',
  esc: 'Escape',
};
const ORDER = ['Ctrl', 'Alt', 'Shift', 'Meta'] as const;

/**
 * The name that a page gives to the keys of an accelerator, e.g. `Ctrl+Shift+z`.
 * @throws Error where Electron knows no such accelerator
 */
export function keysOf(accelerator: string): string {
  const parts = accelerator.endsWith('++')
    ? [...accelerator.slice(0, -2).split('+'), '+']
    : accelerator.split('+');
  const held = parts.slice(0, -1).map((part) => modifier(part, accelerator));
  const last = parts.at(-1) ?? '';
  const key =
    KEYS[last.toLowerCase()] ?? (/^f\d{1,2}$/i.test(last) ? last.toUpperCase() : last.toLowerCase());
  if (!(last.toLowerCase() in KEYS) && !/^f\d{1,2}$/i.test(last) && last.length !== 1)
    throw new Error(`Error processing argument: ${accelerator} is not a valid accelerator`);
  return [...ORDER.filter((name) => held.includes(name)), key].join('+');
}

function modifier(part: string, accelerator: string): (typeof ORDER)[number] {
  const name = part.toLowerCase();
  if (/^(cmd|command)or(ctrl|control)$/.test(name)) return process.platform === 'darwin' ? 'Meta' : 'Ctrl';
  const known = MODIFIERS[name];
  if (!known) throw new Error(`Error processing argument: ${accelerator} is not a valid accelerator`);
  return known;
}

/** Accelerators that Electron gives to roles; those of editing are left to Chromium, which does them by itself. */
export const ROLE_ACCELERATORS: Readonly<Record<string, string>> = {
  quit: 'CmdOrCtrl+Q',
  close: 'CmdOrCtrl+W',
  minimize: 'CmdOrCtrl+M',
  reload: 'CmdOrCtrl+R',
  forcereload: 'Shift+CmdOrCtrl+R',
  toggledevtools: process.platform === 'darwin' ? 'Alt+Command+I' : 'Ctrl+Shift+I',
  resetzoom: 'CmdOrCtrl+0',
  zoomin: 'CmdOrCtrl+Plus',
  zoomout: 'CmdOrCtrl+-',
  togglefullscreen: process.platform === 'darwin' ? 'Control+Command+F' : 'F11',
};
