import { z } from 'zod';

/** How depth and the floor are read. */
export const depthParams = z.strictObject({
  /** Id of the installed pack whose net says what is near; planes and edges are found the same way for all. */
  pack: z.string().min(1).default('starter'),
  /** Turns near and far round. */
  invert: z.boolean().default(false),
  /** `auto`, or the horizon's row at the left and the right edge of the photo, in photo pixels. */
  floor: z
    .union([z.literal('auto'), z.strictObject({ left: z.number(), right: z.number() })])
    .default('auto'),
});
export type DepthParams = z.infer<typeof depthParams>;
