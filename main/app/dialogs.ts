/** Questions to the person at the screen; the app asks by the system's dialogs, tests answer themselves. */
export interface Dialogs {
  /** An existing file; null where it was dismissed. */
  openFile(kind: 'photo' | 'project' | 'mask' | 'product' | 'recipe'): Promise<string | null>;
  openFolder(title: string): Promise<string | null>;
  /** Where to write; `ending` without its dot. */
  saveFile(question: SaveQuestion): Promise<string | null>;
}

export interface SaveQuestion {
  readonly title: string;
  /** Full path that is proposed. */
  readonly suggested: string;
  readonly kind: string;
  readonly endings: readonly string[];
}
