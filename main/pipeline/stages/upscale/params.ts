import { z } from 'zod';

/** Print size: centimetres and dots per inch decide the pixels. */
export const printSchema = z.strictObject({
  widthCm: z.number().positive().max(1000),
  heightCm: z.number().positive().max(1000),
  dpi: z.number().min(36).max(1200),
});
export type PrintSize = z.infer<typeof printSchema>;

/** The delivered frame. */
export const upscaleParams = z.strictObject({
  factor: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(2),
  /** Takes the place of `factor`. */
  print: printSchema.nullable().default(null),
  /** Id of the installed pack that enlarges. */
  pack: z.string().min(1).default('starter'),
  /** The starter pack's: `clean` and `camera` are weights for noise-free and noisy photos; `auto` decides by measured noise. */
  model: z.enum(['auto', 'clean', 'camera']).default('auto'),
});
export type UpscaleParams = z.infer<typeof upscaleParams>;
