/** The nodes of an edit that need nothing of the user: computed as soon as a photo is open, or about to be. */
export const PREPARED: readonly string[] = ['segment.encode', 'depth.estimate', 'depth.floor'];
