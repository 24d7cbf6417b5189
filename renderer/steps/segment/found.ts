import { create } from 'zustand';
import type { MaskPreview } from '../../../preload/contract.ts';

/** The masks that the present clicks could mean; null where none have been asked for. */
export const useFound = create<{ readonly found: MaskPreview | null }>()(() => ({ found: null }));

/** The number in `segment.proposal` that follows in the round: automatic first, then each that was found. */
export function followingProposal({ proposals }: MaskPreview, now: 'auto' | number): 'auto' | number {
  const at = now === 'auto' ? -1 : proposals.findIndex(({ index }) => index === now);
  return proposals[at + 1]?.index ?? 'auto';
}
