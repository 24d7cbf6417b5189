import type {
  Bridge,
  Channel,
  DocumentState,
  DropRole,
  ErrorAction,
  ErrorRecord,
  FolderState,
  RequestOf,
  ResponseOf,
  Result,
} from '../../preload/contract.ts';
import { t } from '../strings.ts';
import { reportError } from './notices.ts';

declare global {
  interface Window {
    readonly davenport: Bridge;
  }
}

export type ShownError = ErrorRecord & { readonly action: ErrorAction | null };

/** What came of a call: its value, or null where it failed (which has been shown by then). */
export async function ask<C extends Channel>(
  channel: C,
  request: RequestOf<C>,
): Promise<{ readonly value: ResponseOf<C> } | null> {
  return settle(window.davenport.call(channel, request));
}

/** The same without showing a failure: for hovering and read-outs, where silence is right. */
export async function askQuietly<C extends Channel>(
  channel: C,
  request: RequestOf<C>,
): Promise<ResponseOf<C> | null> {
  try {
    const result = await window.davenport.call(channel, request);
    return result.ok ? result.value : null;
  } catch {
    return null;
  }
}

/** Hands dropped or pasted files to the main process. */
export async function giveFiles(
  files: readonly File[],
  as: DropRole,
): Promise<{ readonly value: DocumentState | FolderState } | null> {
  return settle(window.davenport.dropped(files, as));
}

async function settle<T>(answer: Promise<Result<T>>): Promise<{ readonly value: T } | null> {
  let result: Result<T>;
  try {
    result = await answer;
  } catch (error) {
    result = { ok: false, error: { ...t.errors.noAnswer(String(error)), kind: 'machine', action: null } };
  }
  if (result.ok) return { value: result.value };
  if (result.error.kind !== 'cancelled') reportError(result.error);
  return null;
}

/** Address of a picture that the state names by its path: thumbnails of projects and pieces, coarse masks. */
export function pictureUrl(path: string, tint?: string): string {
  return `${window.davenport.tiles}${path}${tint ? `?tint=${tint}` : ''}`;
}

/** Address of a small picture of a layer. */
export function thumbnailUrl(layer: string): string {
  return `${window.davenport.tiles}thumb/${layer}`;
}

/** Address of one tile; `level` 0 is full size. */
export function tileUrl(layer: string, level: number, column: number, row: number, tint?: string): string {
  const query = tint ? `?tint=${tint}` : '';
  return `${window.davenport.tiles}layer/${layer}/${level}/${column}_${row}${query}`;
}
