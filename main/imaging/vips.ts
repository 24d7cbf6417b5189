import { availableParallelism } from 'node:os';
import sharp from 'sharp';

// libvips' operation cache would keep whole photos alive after their buffers were let go.
sharp.cache(false);
// Without jemalloc sharp falls back to one thread; a few are safe because nothing is cached between calls.
sharp.concurrency(Math.min(4, availableParallelism()));

/** sharp with this program's settings: the only place that imports it. */
export { sharp };

/** Photos above this many pixels are refused before they are decoded (16 384 × 16 384). */
export const MAX_PIXELS = 16384 * 16384;
