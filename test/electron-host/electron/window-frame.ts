import { EventEmitter } from 'node:events';

export type WindowState = 'normal' | 'minimized' | 'maximized' | 'fullscreen';

/** What a window is to the desktop: its place, its state and its title bar. Nobody but the app looks at most of it. */
export abstract class WindowFrame extends EventEmitter {
  #bounds: Electron.Rectangle;
  #state: WindowState = 'normal';
  #title: string;
  #represented = '';
  #edited = false;

  constructor(bounds: Electron.Rectangle, title: string) {
    super();
    this.#bounds = bounds;
    this.#title = title;
  }

  /** Brings the page to the size or state that the window has now. */
  protected abstract resized(): void;

  protected get state(): WindowState {
    return this.#state;
  }
  get title(): string {
    return this.#title;
  }
  set title(title: string) {
    this.#title = title;
  }

  #enter(state: WindowState, event: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.resized();
    this.emit(event);
  }
  minimize(): void {
    this.#enter('minimized', 'minimize');
  }
  maximize(): void {
    this.#enter('maximized', 'maximize');
  }
  unmaximize(): void {
    if (this.#state === 'maximized') this.#enter('normal', 'unmaximize');
  }
  restore(): void {
    if (this.#state === 'minimized') this.#enter('normal', 'restore');
    else this.unmaximize();
  }
  setFullScreen(full: boolean): void {
    if (full) this.#enter('fullscreen', 'enter-full-screen');
    else if (this.#state === 'fullscreen') this.#enter('normal', 'leave-full-screen');
  }
  isMinimized(): boolean {
    return this.#state === 'minimized';
  }
  isMaximized(): boolean {
    return this.#state === 'maximized';
  }
  isFullScreen(): boolean {
    return this.#state === 'fullscreen';
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.resized();
    this.emit('resize');
    this.emit('resized');
  }
  getBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }
  getNormalBounds(): Electron.Rectangle {
    return this.getBounds();
  }
  getContentBounds(): Electron.Rectangle {
    return this.getBounds();
  }
  getSize(): number[] {
    return [this.#bounds.width, this.#bounds.height];
  }
  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getContentSize(): number[] {
    return this.getSize();
  }
  setContentSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getPosition(): number[] {
    return [this.#bounds.x, this.#bounds.y];
  }
  setPosition(x: number, y: number): void {
    this.#bounds = { ...this.#bounds, x, y };
    this.emit('move');
    this.emit('moved');
  }
  center(): void {}
  setMinimumSize(): void {}

  getTitle(): string {
    return this.#title;
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  setRepresentedFilename(path: string): void {
    this.#represented = path;
  }
  getRepresentedFilename(): string {
    return this.#represented;
  }
  setDocumentEdited(edited: boolean): void {
    this.#edited = edited;
  }
  isDocumentEdited(): boolean {
    return this.#edited;
  }
  setProgressBar(): void {}
  setOverlayIcon(): void {}
  setTitleBarOverlay(): void {}
  setIcon(): void {}
  setMenu(): void {}
  removeMenu(): void {}
  setMenuBarVisibility(): void {}
  setAutoHideMenuBar(): void {}
  setBackgroundColor(): void {}
  flashFrame(): void {}
}
