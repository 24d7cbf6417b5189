import { z } from 'zod';

/** The families of graphs that Davenport knows how to feed, by what their published exports look like. */
export const adapterKinds = [
  /** Segment Anything as transformers.js has it: SAM, SlimSAM. */
  'sam',
  /** Segment Anything with the original decoder: MobileSAM. */
  'mobile-sam',
  /** Segment Anything 2 and 2.1. */
  'sam2',
  'depth-anything',
  /** One picture in, the same picture larger out: Real-ESRGAN, Swin2SR. */
  'super-resolution',
  'migan',
  'lama',
  /** Small decoders of Stable Diffusion's latents, for previews. */
  'taesd',
] as const;
export type AdapterKind = (typeof adapterKinds)[number];

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** `adapter` of a pack.json: the kind, and what a published variant does differently; sizes in net pixels. */
export const adapterSchema = z.object({
  kind: z.enum(adapterKinds, {
    error: ({ input }) =>
      `the engine “${String(input)}” is unknown to this version, which has ${adapterKinds.join(', ')}`,
  }),
  /** Per channel, of values 0–1; ImageNet's where left out. */
  mean: triple.optional(),
  std: triple.optional(),
  /** Side the picture is scaled to where the graph leaves it free: 1024 (SAM), 518 (Depth Anything, the short side). */
  size: z.number().int().positive().optional(),
  /** Sides must be multiples of this: 14 (Depth Anything), 8 (Swin2SR), 2 (Real-ESRGAN ×2). */
  multiple: z.number().int().positive().optional(),
  /** Side of a tile where the graph leaves it free (super-resolution). */
  tile: z.number().int().min(32).optional(),
});
export type Adapter = z.infer<typeof adapterSchema>;

/** ImageNet's statistics, which most published image encoders were trained with. */
export const imageNetMean = [0.485, 0.456, 0.406] as const;
export const imageNetStd = [0.229, 0.224, 0.225] as const;
