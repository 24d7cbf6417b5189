import { z } from 'zod';

/** How the new pixels are fitted to the photo's colour, light and grain. */
export const colorParams = z.strictObject({
  /** `known-rim` uses pixels that are known; `mean-std` and `transport` match the old object's own colours. */
  method: z.enum(['known-rim', 'mean-std', 'transport']).default('known-rim'),
  /** Scales drift correction and relighting alike; 0 leaves the patch as it came. */
  strength: z.number().min(0).max(1).default(1),
  /** Width of the soft border inside the region, photo pixels. */
  feather: z.union([z.literal('auto'), z.number().min(0).max(500)]).default('auto'),
  /** Share of the photo's own grain that the new pixels get. */
  grain: z.number().min(0).max(1).default(1),
});
export type ColorParams = z.infer<typeof colorParams>;
