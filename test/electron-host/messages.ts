/** What the host and the preload's world say to each other. */

/** What the host tells the preload's world about itself. */
export interface PreloadFacts {
  readonly argv: readonly string[];
  readonly platform: string;
  readonly arch: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** What the preload's world sends to the host. */
export type FromPreload =
  | { readonly kind: 'send'; readonly channel: string; readonly args: unknown }
  | { readonly kind: 'invoke'; readonly channel: string; readonly args: unknown; readonly id: number }
  | { readonly kind: 'paths'; readonly id: number; readonly count: number }
  | { readonly kind: 'accelerator'; readonly accelerator: string }
  | { readonly kind: 'dropped'; readonly path: string };

/** What the host calls in the preload's world. */
export interface ToPreload {
  message(channel: string, args: unknown): void;
  settle(id: number, ok: boolean, value: unknown): void;
  /** A file that waits for its path; the host takes hold of it by this expression. */
  held(id: number, index: number): unknown;
  found(id: number, paths: readonly string[]): void;
  accelerators(list: readonly string[]): void;
}
