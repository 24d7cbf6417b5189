import { z } from 'zod';

/** How depth and the floor are read. */
export const depthParams = z.strictObject({
  /** Turns near and far round. */
  invert: z.boolean().default(false),
  /** `auto`, or the horizon's row at the left and the right edge of the photo, in photo pixels. */
  floor: z
    .union([z.literal('auto'), z.strictObject({ left: z.number(), right: z.number() })])
    .default('auto'),
});
export type DepthParams = z.infer<typeof depthParams>;
