import { strict, strictClass } from '../strict.ts';
import { EventEmitter } from 'node:events';
import { keysOf, ROLE_ACCELERATORS } from './accelerators.ts';
import { hostApp } from './app.ts';
import { focusedWindow, runtime } from './runtime.ts';

type Options = Electron.MenuItemConstructorOptions;
type KnownItem = Pick<
  Electron.MenuItem,
  'id' | 'label' | 'type' | 'enabled' | 'visible' | 'checked' | 'registerAccelerator' | 'click'
>;

const ROLE_LABELS: Readonly<Record<string, string>> = {
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  delete: 'Delete',
  selectall: 'Select All',
  pasteandmatchstyle: 'Paste and Match Style',
  quit: process.platform === 'win32' ? 'Exit' : 'Quit',
  close: process.platform === 'darwin' ? 'Close Window' : 'Close',
  minimize: 'Minimize',
  zoom: 'Zoom',
  front: 'Bring All to Front',
  reload: 'Reload',
  forcereload: 'Force Reload',
  toggledevtools: 'Toggle Developer Tools',
  resetzoom: 'Actual Size',
  zoomin: 'Zoom In',
  zoomout: 'Zoom Out',
  togglefullscreen: 'Toggle Full Screen',
  about: 'About',
  help: 'Help',
  services: 'Services',
  hide: 'Hide',
  hideothers: 'Hide Others',
  unhide: 'Show All',
  recentdocuments: 'Open Recent',
  clearrecentdocuments: 'Clear Menu',
  startspeaking: 'Start Speaking',
  stopspeaking: 'Stop Speaking',
  appmenu: 'App',
  filemenu: 'File',
  editmenu: 'Edit',
  viewmenu: 'View',
  windowmenu: 'Window',
};

const EDITING = ['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectall', 'pasteandmatchstyle'];
const SHOWN_BY_THE_SYSTEM = ['front', 'zoom', 'services', 'hide', 'hideothers', 'unhide', 'about', 'help'];

/** What a role does by itself. @throws Error for a role that the host does not play */
function playRole(role: string): void {
  const window = focusedWindow()?.proxy;
  if (role === 'quit') hostApp.quit();
  else if (role === 'close') window?.close();
  else if (role === 'minimize') window?.minimize();
  else if (role === 'togglefullscreen') window?.setFullScreen(!window.isFullScreen());
  else if (role === 'reload' || role === 'forcereload') window?.webContents.reload();
  else if (role === 'toggledevtools') window?.webContents.toggleDevTools();
  else if (role === 'resetzoom') window?.webContents.setZoomLevel(0);
  else if (role === 'zoomin' || role === 'zoomout') {
    const level = window?.webContents.getZoomLevel() ?? 0;
    window?.webContents.setZoomLevel(level + (role === 'zoomin' ? 0.5 : -0.5));
  } else if (EDITING.includes(role)) runtime.changes.emit('edit', role, window?.id);
  else if (!SHOWN_BY_THE_SYSTEM.includes(role))
    throw new Error(`The development host plays no menu role ${role}`);
}

class HostMenuItem implements KnownItem {
  id: string;
  label: string;
  readonly type: Electron.MenuItem['type'];
  readonly role: Electron.MenuItem['role'];
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  registerAccelerator: boolean;
  accelerator: string | undefined;
  sublabel: string;
  toolTip: string;
  icon: Options['icon'];
  submenu: Electron.Menu | undefined;
  menu: Electron.Menu | undefined;
  readonly commandId: number;
  readonly #onClick: Options['click'];
  static #last = 0;

  constructor(options: Options) {
    const role = options.role?.toLowerCase();
    if (role !== undefined && !(role in ROLE_LABELS)) throw new Error(`Unknown menu role ${role}`);
    strictItem(this);
    this.commandId = ++HostMenuItem.#last;
    this.id = options.id ?? '';
    this.role = role as Electron.MenuItem['role'];
    this.label = options.label ?? (role === undefined ? '' : (ROLE_LABELS[role] ?? ''));
    this.type = options.type ?? (options.submenu ? 'submenu' : 'normal');
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.registerAccelerator = options.registerAccelerator ?? true;
    this.accelerator = options.accelerator ?? undefined;
    this.sublabel = options.sublabel ?? '';
    this.toolTip = options.toolTip ?? '';
    this.icon = options.icon;
    this.#onClick = options.click;
    const { submenu } = options;
    this.submenu = Array.isArray(submenu) ? buildFromTemplate(submenu) : (submenu ?? undefined);
    if (this.accelerator !== undefined) keysOf(this.accelerator);
    if (this.type === 'normal' && !this.label && role === undefined)
      throw new Error('Invalid template for MenuItem: must have submenu, label, role or type');
  }

  /** As a person's click: nothing where the item is disabled. */
  readonly click = (event: object = {}): void => {
    if (!this.enabled) return;
    if (this.type === 'checkbox' || this.type === 'radio')
      this.checked = this.type === 'radio' || !this.checked;
    const window = focusedWindow()?.proxy;
    if (this.role !== undefined) playRole(this.role);
    else this.#onClick?.(strictItem(this), window as Electron.BaseWindow, event as Electron.KeyboardEvent);
  };

  /** The keys that trigger it, as pages name them; null where none do. */
  get keys(): string | null {
    const accelerator = this.accelerator ?? ROLE_ACCELERATORS[this.role ?? ''];
    return accelerator === undefined || !this.registerAccelerator ? null : keysOf(accelerator);
  }
}

const items = new WeakMap<object, HostMenuItem>();

function strictItem(item: HostMenuItem): Electron.MenuItem {
  const proxy = strict('MenuItem', item) as unknown as Electron.MenuItem;
  items.set(proxy, item);
  return proxy;
}

let applicationMenu: Electron.Menu | null = null;

class HostMenu extends EventEmitter {
  items: Electron.MenuItem[] = [];

  append(item: Electron.MenuItem): void {
    this.insert(this.items.length, item);
  }
  insert(position: number, item: Electron.MenuItem): void {
    item.menu = strict('Menu', this) as unknown as Electron.Menu;
    this.items.splice(position, 0, item);
  }
  getMenuItemById(id: string): Electron.MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : (item.submenu?.getMenuItemById(id) ?? null);
      if (found) return found;
    }
    return null;
  }
  /** A test clicks an item of the menu itself; nobody sees it. */
  popup(): void {
    this.emit('menu-will-show');
  }
  closePopup(): void {
    this.emit('menu-will-close');
  }

  static buildFromTemplate(template: readonly (Options | Electron.MenuItem)[]): Electron.Menu {
    return buildFromTemplate(template);
  }
  static setApplicationMenu(menu: Electron.Menu | null): void {
    applicationMenu = menu;
    runtime.changes.emit('menu');
  }
  static getApplicationMenu(): Electron.Menu | null {
    return applicationMenu;
  }
  static sendActionToFirstResponder(): void {}
}

const MENU_EVENTS = `
  menu-will-show menu-will-close
`;

function buildFromTemplate(template: readonly (Options | Electron.MenuItem)[]): Electron.Menu {
  const menu = strict('Menu', new HostMenu(), MENU_EVENTS);
  for (const entry of template)
    menu.append(
      items.has(entry) ? (entry as Electron.MenuItem) : strictItem(new HostMenuItem(entry as Options)),
    );
  return menu as unknown as Electron.Menu;
}

/** Every item that keys can reach now. */
function* reachableItems(menu: Electron.Menu | null): Iterable<HostMenuItem> {
  for (const proxy of menu?.items ?? []) {
    const item = items.get(proxy);
    if (item?.submenu) yield* reachableItems(item.submenu);
    else if (item) yield item;
  }
}

/** The keys of the application menu, as pages name them. */
export function menuKeys(): string[] {
  return [...reachableItems(applicationMenu)].flatMap((item) => item.keys ?? []);
}

/** Clicks the enabled item with these keys. */
export function pressMenuKeys(keys: string): void {
  for (const item of reachableItems(applicationMenu))
    if (item.keys === keys && item.enabled) return item.click({ triggeredByAccelerator: true });
}

export const Menu = strictClass('Menu', HostMenu, MENU_EVENTS);
export const MenuItem = strictClass('MenuItem', HostMenuItem);
