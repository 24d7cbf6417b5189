import { z } from 'zod';

/*
 * [Note: Diffusion packs]
 * A pack that paints has a `diffusion` section in its pack.json. It holds what diffusers' configuration files say of
 * the checkpoint, and nothing that a file of the pack says already (the noise schedule is in the scheduler's own
 * configuration file). docs/packs.md lists the graphs with their tensors.
 */

/** Families differ in how text becomes conditioning; everything else is configuration. */
export const diffusionFamilies = ['sd15', 'sdxl', 'sdxl-refiner', 'instruct-pix2pix'] as const;
export type DiffusionFamily = (typeof diffusionFamilies)[number];

const modelName = z.string().min(1);
const path = z.string().min(1);
const positive = z.number().int().positive();

const unetSchema = z.object({
  model: modelName.default('unet'),
  /** Of `sample`: 9 latents + mask + masked latents, 8 latents + picture (InstructPix2Pix), 4 latents alone. */
  channels: z.union([z.literal(4), z.literal(8), z.literal(9)]),
  /** Native side in latent cells: 64 (SD 1.5), 128 (SDXL). */
  sampleSize: positive,
  /** Number of `down_block_{i}_additional_residual` inputs: 12 (SD 1.5), 9 (SDXL); 0 where the graph has none. */
  residuals: z.number().int().nonnegative().default(0),
  /** Length of `timestep_cond` (consistency-distilled UNets, `time_cond_proj_dim`); absent where there is none. */
  guidanceEmbedding: positive.optional(),
});

const vaeSchema = z.object({
  /** Absent in packs that cannot encode (none are made so). */
  encoder: modelName.default('vae_encoder'),
  decoder: modelName.default('vae_decoder'),
  latentChannels: positive.default(4),
  /** Pixels per latent cell, each way. */
  factor: positive.default(8),
  /** `scaling_factor`: 0.18215 (SD), 0.13025 (SDXL). */
  scale: z.number().positive(),
  /** Per channel, `latents_mean` and `latents_std`; absent in SD and SDXL. */
  mean: z.array(z.number()).optional(),
  std: z.array(z.number().positive()).optional(),
  /** Side of a tile in pixels where memory asks for tiles: the VAE's own `sample_size`. */
  tile: positive,
});

const textEncoderSchema = z.object({
  model: modelName,
  /** Folder of `tokenizer.json` and `tokenizer_config.json` among the pack's files. */
  tokenizer: path,
  /** Tokens of a prompt with both ends: 77. */
  length: positive.default(77),
  /** What fills a short prompt: the end token for the first encoder, 0 (`!`) for SDXL's second. */
  pad: z.number().int().nonnegative(),
  /** Output read as the prompt's embedding: `last_hidden_state` (SD 1.5), `hidden_states.-2` (SDXL). */
  hidden: z.string().min(1),
  /** Output read as the pooled embedding (`text_embeds`); absent where the model has none or it is not used. */
  pooled: z.string().min(1).optional(),
});

const controlSchema = z.object({
  /** Kind of control picture; `depth` is the one that the pipeline makes itself. */
  kind: z.string().regex(/^[a-z0-9-]+$/),
  model: modelName,
  /** Strength in diffusers' own default pipelines, for information. */
  scale: z.number().nonnegative().default(1),
});

const ipAdapterSchema = z.object({
  imageEncoder: modelName.default('image_encoder'),
  /** Output of the image encoder: `image_embeds`, or `hidden_states.-2` for the “plus” kinds. */
  output: z.enum(['image_embeds', 'hidden_states.-2']).default('image_embeds'),
  projection: modelName.default('ip_adapter'),
  /** Image tokens that the projection makes. */
  tokens: positive,
  /** Side of `pixel_values` and CLIP's normalisation. */
  imageSize: positive.default(224),
  mean: z.tuple([z.number(), z.number(), z.number()]).default([0.48145466, 0.4578275, 0.40821073]),
  std: z.tuple([z.number(), z.number(), z.number()]).default([0.26862954, 0.26130258, 0.27577711]),
});

/** Quick previews: a small decoder of *scaled* latents, or a matrix from latent channels to RGB in −1..1. */
const previewSchema = z.union([
  z.object({ model: modelName }),
  z.object({
    /** [latent channels][3]. */
    matrix: z.array(z.tuple([z.number(), z.number(), z.number()])),
    bias: z.tuple([z.number(), z.number(), z.number()]).default([0, 0, 0]),
  }),
]);

const sizeConditions = z.object({
  /** `time_ids`: 6 numbers of size, crop and target; 5 with an aesthetic score in place of the target (refiner). */
  aesthetic: z.boolean().default(false),
  /** An absent negative prompt is embedded as zeros (`force_zeros_for_empty_prompt`). */
  zeroEmptyNegative: z.boolean().default(true),
});

/** The refiner that takes over the last steps; it shares the pack's VAE. */
const refinerSchema = z.object({
  unet: unetSchema.extend({ model: modelName.default('refiner_unet') }),
  /** Model names of the encoders it reads, of those listed in `textEncoders`. */
  textEncoders: z.array(modelName).min(1),
  conditions: sizeConditions.prefault({ aesthetic: true, zeroEmptyNegative: false }),
  /** Share of the noise schedule after which it takes over. */
  from: z.number().gt(0).lt(1).default(0.8),
});

/** The `diffusion` section of a pack.json: see [Note: Diffusion packs]. */
export const diffusionSchema = z.object({
  family: z.enum(diffusionFamilies),
  unet: unetSchema,
  vae: vaeSchema,
  textEncoders: z.array(textEncoderSchema).min(1).max(2),
  /**
   * How attention was written: as one node (`fused`: a fifth of the time and a tenth of the memory on a CPU), or as
   * products and a softmax. onnxruntime 1.30's WebGPU computes the one node wrongly.
   */
  attention: z.enum(['fused', 'plain']).optional(),
  /** SDXL alone. */
  conditions: sizeConditions.optional(),
  /** diffusers' scheduler_config.json among the pack's files. */
  scheduler: path,
  controls: z.array(controlSchema).default([]),
  ipAdapter: ipAdapterSchema.optional(),
  refiner: refinerSchema.optional(),
  preview: previewSchema.optional(),
});

/** What a pack says of its checkpoint. */
export type DiffusionPack = z.infer<typeof diffusionSchema>;
export type UnetSpec = z.infer<typeof unetSchema>;
export type VaeSpec = z.infer<typeof vaeSchema>;
export type TextEncoderSpec = z.infer<typeof textEncoderSchema>;
export type IpAdapterSpec = z.infer<typeof ipAdapterSchema>;
export type PreviewSpec = z.infer<typeof previewSchema>;
export type SizeConditions = z.infer<typeof sizeConditions>;
