import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { commands, type Command, type CommandId } from '../../preload/commands.ts';

type Entry = MenuItemConstructorOptions;

export interface MenuSettings {
  readonly hasDocument: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Tells the window that a command was chosen. */
  choose(id: CommandId): void;
}

const isMac = process.platform === 'darwin';
const separator: Entry = { type: 'separator' };

/** Where a menu is divided: before these commands. */
const divided = new Set<CommandId>([
  'save-copy',
  'close',
  'add-edit',
  'wipe',
  'drawer',
  'full-screen',
  'next-step',
  'run',
]);

/** The application's menu on this system, made of the commands that belong into one. */
export function applyMenu(settings: MenuSettings): void {
  const group = (name: Command['group']): Entry[] =>
    commands.filter((each) => each.group === name && each.menu).flatMap((each) => entryOf(each, settings));
  const template: Entry[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      id: 'menu-file',
      submenu: [...group('File'), ...(isMac ? [] : [separator, { role: 'quit' as const, id: 'quit' }])],
    },
    { label: '&Edit', id: 'menu-edit', submenu: [...group('Edit'), separator, ...textEntries()] },
    { label: '&View', id: 'menu-view', submenu: [...group('View'), ...developerEntries()] },
    { label: '&Steps', id: 'menu-steps', submenu: group('Steps') },
    ...(isMac ? [{ role: 'windowMenu' as const }] : []),
    { label: '&Help', id: 'menu-help', role: 'help', submenu: group('Help') },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

function entryOf(command: (typeof commands)[number], settings: MenuSettings): Entry[] {
  const { id, title, keys, needsDocument } = command;
  const accelerator = keys.find(isForMenu);
  const entry: Entry = {
    id,
    label: title,
    enabled: isEnabled(id, needsDocument, settings),
    click: () => settings.choose(id),
    ...(accelerator === undefined ? {} : { accelerator: toAccelerator(accelerator) }),
  };
  return divided.has(id) ? [separator, entry] : [entry];
}

function isEnabled(
  id: CommandId,
  needsDocument: boolean,
  { hasDocument, canUndo, canRedo }: MenuSettings,
): boolean {
  if (id === 'undo') return canUndo;
  if (id === 'redo') return canRedo;
  return hasDocument || !needsDocument;
}

/** Single keys act in the window alone: as accelerators they would fire while text is typed. */
function isForMenu(keys: string): boolean {
  return /^(Mod|Alt)\+/.test(keys) || /^F\d+$/.test(keys);
}

function toAccelerator(keys: string): string {
  return keys.replace('Mod', 'CommandOrControl');
}

/** What text fields need; undo and redo are the project's own. */
function textEntries(): Entry[] {
  return [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }];
}

function developerEntries(): Entry[] {
  return app.isPackaged ? [] : [separator, { role: 'reload' }, { role: 'toggleDevTools' }];
}
