import { create } from 'zustand';
import type { ErrorAction, ErrorRecord } from '../../preload/contract.ts';

/** A failure of a call (the failure of a run is part of the document's state). */
export interface Notice {
  readonly error: ErrorRecord & { readonly action: ErrorAction | null };
}

interface Notices {
  readonly notice: Notice | null;
  /** Said once to screen readers. */
  readonly said: string;
}

export const useNotices = create<Notices>()(() => ({ notice: null, said: '' }));

export function reportError(error: Notice['error']): void {
  useNotices.setState({ notice: { error } });
}

export function dismissError(): void {
  useNotices.setState({ notice: null });
}

/** Puts a sentence into the live region. */
export function announce(text: string): void {
  useNotices.setState({ said: text });
}
