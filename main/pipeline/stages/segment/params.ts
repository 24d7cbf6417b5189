import { z } from 'zod';

/** A click on the upright photo, in photo pixels; `exclude` marks what does not belong to the object. */
export const clickSchema = z.strictObject({
  x: z.number().min(0),
  y: z.number().min(0),
  label: z.enum(['include', 'exclude']),
});
export type Click = z.infer<typeof clickSchema>;

/** Corners of a box around the object, in photo pixels. */
export const boxSchema = z
  .strictObject({
    x0: z.number().min(0),
    y0: z.number().min(0),
    x1: z.number().min(0),
    y1: z.number().min(0),
  })
  .refine((b) => b.x1 > b.x0 && b.y1 > b.y0, 'the second corner must lie right of and below the first');
export type Box = z.infer<typeof boxSchema>;

/** One movement of brush or eraser, in photo pixels; see `Stroke` of main/imaging/strokes.ts. */
export const strokeSchema = z.strictObject({
  mode: z.enum(['add', 'erase']),
  /** Diameter, photo pixels. */
  size: z.number().min(1).max(4000),
  /** Share of the radius that is fully painted. */
  hardness: z.number().min(0).max(1),
  /** x and y by turns. */
  points: z
    .array(z.number())
    .min(2)
    .max(20_000)
    .refine((points) => points.length % 2 === 0, 'x and y must come in pairs'),
});

/** Which object, and how its mask is refined. */
export const segmentParams = z.strictObject({
  /** Clicks in the order they were made. */
  clicks: z.array(clickSchema).default([]),
  box: boxSchema.nullable().default(null),
  /** Id of the installed pack that finds the object from clicks. */
  pack: z.string().min(1).default('starter'),
  /** SHA-256 of an imported mask kept in the project; takes the place of clicks. */
  mask: z.string().nullable().default(null),
  /** Painted over what the clicks, the box or the imported mask select, in order. */
  strokes: z.array(strokeSchema).max(2000).default([]),
  /** Photo pixels the mask is grown by; `auto` is 0.3 % of the diagonal. */
  grow: z.union([z.literal('auto'), z.number().min(0).max(2000)]).default('auto'),
  /** How much the mask's edge follows the photo's edges: 0 not at all, 1 fully. */
  edges: z.number().min(0).max(1).default(1),
  /** Which of the proposed masks is taken; `auto` is the one with the best predicted quality. */
  proposal: z.union([z.literal('auto'), z.int().min(0).max(7)]).default('auto'),
});
export type SegmentParams = z.infer<typeof segmentParams>;
