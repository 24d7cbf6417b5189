import { z } from 'zod';

const share = z.number().min(0).max(1);

/** A further picture that steers the painting, by a ControlNet of the pack. */
const controlSchema = z
  .strictObject({
    /** A kind that the pack offers; `depth` is steered by `controlScale` and its neighbours. */
    kind: z.string().regex(/^[a-z0-9-]+$/),
    /** SHA-256 of a picture kept in the project, of the photo's shape; null: it is drawn from the photo. */
    picture: z.string().nullable().default(null),
    scale: z.number().min(0).max(2).default(0.8),
    /** Share of the steps before it sets in, and after which it ends. */
    start: share.default(0),
    end: share.default(1),
  })
  .refine(({ start, end }) => start < end, 'start comes before end');
export type ControlParams = z.infer<typeof controlSchema>;

/** What takes the object's place. The parameters from `steps` to `detail` but `context` are the diffusion engine's. */
export const inpaintParams = z.strictObject({
  /** `place` sets a piece of furniture, `remove` leaves the place empty, `diffuse` lets a diffusion pack paint. */
  engine: z.enum(['place', 'remove', 'diffuse']).default('place'),
  /** Id of an installed pack; null is the starter pack. */
  pack: z.string().min(1).nullable().default(null),
  /** Id of the installed pack that has the first idea of what is behind the object; the rest is the same for all. */
  platePack: z.string().min(1).default('starter'),
  prompt: z.string().max(2000).default(''),
  negative: z.string().max(2000).default(''),
  /** SHA-256 of a product picture kept in the project. */
  product: z.string().nullable().default(null),
  /** Id of a catalogue piece; `auto` lets the prompt's words choose. */
  piece: z.string().min(1).default('auto'),
  seed: z.int().min(0).max(4294967295).default(0),
  steps: z.int().min(1).max(1000).default(30),
  /** Classifier-free guidance scale. */
  guidance: z.number().min(0).max(50).default(7.5),
  scheduler: z
    .enum(['dpmpp-2m-karras', 'dpmpp-2m', 'euler', 'euler-ancestral', 'ddim', 'unipc', 'lcm'])
    .default('dpmpp-2m-karras'),
  /** 1 paints from noise alone; less keeps something of what was there. */
  strength: z.number().min(0).max(1).default(1),
  controlScale: z.number().min(0).max(2).default(0.8),
  /** Share of the steps before control sets in, and after which it ends. */
  controlStart: z.number().min(0).max(1).default(0),
  controlEnd: z.number().min(0).max(1).default(1),
  /** What steers the painting besides depth, each kind once. */
  controls: z
    .array(controlSchema)
    .max(4)
    .refine((list) => new Set(list.map(({ kind }) => kind)).size === list.length, 'each kind once')
    .default([]),
  /** InstructPix2Pix packs: how closely the photo is kept. */
  imageGuidance: z.number().min(0).max(10).default(1.5),
  /** Packs with an IP-Adapter: how closely the product picture is followed. */
  referenceScale: z.number().min(0).max(2).default(0.7),
  /** Packs with a refiner: share of the noise after which it takes over; 1 leaves it out. */
  refine: z.number().gt(0).max(1).default(0.8),
  /** Margin of known photo around the mask's box, as a share of its longer side. */
  context: z.number().min(0.05).max(2).default(0.35),
  /** Strength of the detail pass at photo resolution; 0 is off. */
  detail: z.number().min(0).max(1).default(0),
  /** Shift of the placed piece, in photo pixels. */
  move: z.strictObject({ x: z.number(), y: z.number() }).default({ x: 0, y: 0 }),
  /** Size of the placed piece relative to its automatic one. */
  scale: z.number().min(0.1).max(10).default(1),
  /** Turn of the placed piece about the vertical, degrees, added to the automatic one. */
  yaw: z.number().min(-180).max(180).default(0),
  flip: z.boolean().default(false),
});
export type InpaintParams = z.infer<typeof inpaintParams>;
