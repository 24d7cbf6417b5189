/** What a test and the host's process say to each other. */
export type FromTest =
  /** Runs the app's main process: what was patched before is in force from its first line on. */
  | { readonly type: 'start' }
  | { readonly type: 'evaluate'; readonly id: number; readonly source: string; readonly arg: unknown };

export type ToTest =
  | { readonly type: 'listening' }
  /** Chromium runs, and Playwright can connect. */
  | { readonly type: 'ready'; readonly endpoint: string; readonly pid: number }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: string };
