import { z } from 'zod';
import { memoryPresets } from '../inference/memory.ts';
import type { Json, JsonObject } from '../pipeline/node.ts';

/* What pixels can be asked to do, and what it answers: ids and values, never pixels. */

/** A stored artifact together with the frame it was made from, which shows wherever its window does not reach. */
export interface ArtifactSource {
  /** Row id in the project. */
  readonly artifact: number;
  readonly frame: FrameSource;
}

/** Null is the project's upright source photo; else the composite of an earlier edit. */
export type FrameSource = ArtifactSource | null;

export const artifactSource: z.ZodType<ArtifactSource, ArtifactSource> = z.lazy(() =>
  z.strictObject({ artifact: z.number().int(), frame: artifactSource.nullable() }),
);

const json: z.ZodType<Json> = z.json();
const jsonObject = z.record(z.string(), json) as z.ZodType<JsonObject>;

/** One node to run: self-contained, ids and values only. */
export const nodeRequest = z.strictObject({
  /** Path of the project file. */
  project: z.string(),
  /** The node's kind, e.g. `segment.mask`. */
  node: z.string(),
  stage: z.string(),
  version: z.number().int(),
  fingerprint: z.string(),
  params: jsonObject,
  frame: artifactSource.nullable(),
  /** Input name → what upstream wrote. */
  inputs: z.record(z.string(), artifactSource),
  /** Input name → the upstream node's fingerprint and artifact, for the record of the run. */
  lineage: z.record(z.string(), z.string()),
  /** Model or file prefix → hash, for the record of the run. */
  packs: z.record(z.string(), z.string()),
  /** Names of the artifacts the node may write. */
  outputs: z.array(z.string()),
  /** The preset under which memory ran out for this node, where this is the second try. */
  retriedAfter: z.enum(memoryPresets).optional(),
});
export type NodeRequest = z.infer<typeof nodeRequest>;

/** One artifact as a run reports it. Width, height and channels are those of the whole raster; null for json. */
export const artifactReport = z.strictObject({
  id: z.number().int(),
  name: z.string(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  channels: z.number().int().nullable(),
  dtype: z.enum(['u8', 'u16', 'f32', 'json']),
  /** Over dtype, shape and the raw little-endian samples of the whole raster. */
  sha256: z.string(),
});
export type ArtifactReport = z.infer<typeof artifactReport>;

/** How a node's run went. */
export const nodeResult = z.strictObject({
  artifacts: z.array(artifactReport),
  metrics: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** Wall time of the node in the pixels process, reading and writing included. */
  ms: z.number(),
  /** Of these, time inside `session.run`. */
  modelMs: z.number(),
  /** The execution provider that really ran the models; null where none ran, `+` between several. */
  provider: z.string().nullable(),
  /** Peak resident memory of pixels, plus models where it worked for this node. */
  peakRssMb: z.number(),
});
export type NodeResult = z.infer<typeof nodeResult>;

/** How an artifact becomes a file that a person can open. */
export const pictures = [
  /** Samples as they are, in the photo's own depth and profile. */
  'frame',
  /** sRGB samples that carry no profile of the photo. */
  'srgb',
  /** One channel, u8. */
  'mask',
  /** f32 0–1 as 16-bit grey. */
  'unit16',
  /** f32 logits as 8-bit grey by the sigmoid: 0.5 is the boundary. */
  'logits',
  /** f32 multiplicative gains as 8 bits a channel: middle grey is 1, white and black three stops up and down. */
  'gains',
  /** The JSON text. */
  'json',
] as const;

/** Writes a stored artifact to a file, whole or not at all. */
export const exportRequest = z.strictObject({
  project: z.string(),
  source: artifactSource,
  path: z.string(),
  picture: z.enum(pictures),
  /** Only what is stored of it, not the whole photo. */
  windowOnly: z.boolean().default(false),
  format: z.enum(['jpeg', 'png', 'tiff', 'webp']).default('png'),
  /** JPEG and WebP, 1–100. */
  quality: z.number().min(1).max(100).optional(),
  /** Of a photo: its own profile, or its samples converted to sRGB and tagged as that. */
  profile: z.enum(['photo', 'srgb']).default('photo'),
  /** Pixels per inch, written into the file. */
  dpi: z.number().positive().nullable().default(null),
  /** Carries the source photo's EXIF and XMP over. */
  metadata: z.boolean().default(false),
});
export type ExportRequest = z.input<typeof exportRequest>;

/** Reads and decodes a photo, so that a bad one is refused before anything is made of it. */
export const importRequest = z.strictObject({
  path: z.string(),
  /** Keeps the file verbatim in this project, which must exist and be empty or hold the same photo. */
  project: z.string().optional(),
});
export type ImportRequest = z.infer<typeof importRequest>;

/** What is known of a photo that was imported. */
export const importResult = z.strictObject({
  info: z.strictObject({
    width: z.number().int(),
    height: z.number().int(),
    channels: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
    depth: z.union([z.literal(8), z.literal(16)]),
    format: z.string(),
    convertedFromCmyk: z.boolean(),
    notes: z.array(z.string()),
    /** What the embedded profile calls itself; null where there is none, absent in projects of earlier versions. */
    profile: z.string().nullable().optional(),
  }),
  /** Of the file's bytes. */
  sha256: z.string(),
  bytes: z.number().int(),
});
export type ImportResult = z.infer<typeof importResult>;

export const exportResult = z.strictObject({
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
});
export type ExportResult = z.infer<typeof exportResult>;

const previewedClick = z.strictObject({
  x: z.number(),
  y: z.number(),
  label: z.enum(['include', 'exclude']),
});

/** Asks for the coarse masks that clicks may mean, from the encoding of the frame that `segment.encode` wrote. */
export const previewRequest = z.strictObject({
  project: z.string(),
  frame: artifactSource.nullable(),
  /** The artifacts of `segment.encode`. */
  encoded: z.strictObject({ features: artifactSource, featuresLow: artifactSource, layout: artifactSource }),
  /** As in `segment.clicks`, `.box` and `.proposal`. */
  clicks: z.array(previewedClick),
  box: z.strictObject({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() }).nullable(),
  proposal: z.union([z.literal('auto'), z.number().int().min(0)]),
  /** Whether the other proposals are wanted beside it. */
  withOthers: z.boolean(),
});
export type PreviewRequest = z.infer<typeof previewRequest>;

/** Small masks of the whole photo, as 8-bit grey PNGs in base64: 255 inside, edges not yet refined. */
export const maskPreview = z.strictObject({
  /** Size of every mask, long side 512 at most. */
  width: z.number().int(),
  height: z.number().int(),
  /** Position in `proposals` of the one that is taken. */
  chosen: z.number().int(),
  proposals: z.array(
    z.strictObject({
      /** Its number in `segment.proposal`. */
      index: z.number().int(),
      kind: z.enum(['object', 'group', 'part']),
      predictedIou: z.number(),
      /** Share of the photo that lies inside, 0–1. */
      area: z.number(),
      png: z.string(),
    }),
  ),
});
export type MaskPreview = z.infer<typeof maskPreview>;

/**
 * Asks how a chain of nodes would come out, without keeping anything: the nodes themselves run, over halved copies of
 * what they read.
 */
export const draftRequest = z.strictObject({
  project: z.string(),
  frame: artifactSource.nullable(),
  /** In running order. An input is what is stored, or `node/output` of an earlier step. */
  steps: z.array(
    z.strictObject({
      node: z.string(),
      params: jsonObject,
      inputs: z.record(z.string(), z.union([artifactSource, z.string()])),
    }),
  ),
  /** `node/output` of the raster that is shown. */
  show: z.string(),
  /** How often what is read is halved, at least; see main/engine/draft.ts. */
  level: z.number().int().min(0).max(8),
});
export type DraftRequest = z.infer<typeof draftRequest>;

/** Part of a picture of the photo, small enough to cross between processes. */
export const draftPicture = z.strictObject({
  /** Photo px that it covers; it may reach over the photo's edge by less than a sample. */
  rect: z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  level: z.number().int(),
  type: z.string(),
  /** The encoded picture, base64. */
  bytes: z.string(),
});
export type DraftPicture = z.infer<typeof draftPicture>;

/** Keeps a picture file verbatim in a project, under its hash: an imported mask, a product picture. */
export const keepRequest = z.strictObject({ project: z.string(), path: z.string() });
export type KeepRequest = z.infer<typeof keepRequest>;

/** Drops stored intermediates down to a budget, least recently used first; those of `keep` stay. */
const eviction = z.strictObject({
  keep: z.array(z.string()).readonly(),
  budgetBytes: z.number().nonnegative(),
});
export type EvictionRequest = z.infer<typeof eviction>;

/** What pixels can be asked to do. */
export const job = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('node'), request: nodeRequest }),
  z.strictObject({ kind: z.literal('export'), request: exportRequest }),
  z.strictObject({ kind: z.literal('import'), request: importRequest }),
  z.strictObject({ kind: z.literal('preview-mask'), request: previewRequest }),
  z.strictObject({ kind: z.literal('draft'), request: draftRequest }),
  z.strictObject({ kind: z.literal('keep'), request: keepRequest }),
  /** Copies what can be read of a damaged project into a new one. */
  z.strictObject({ kind: z.literal('recover'), path: z.string(), to: z.string() }),
  /** Copies a project as it stands into another file, whole or not at all. */
  z.strictObject({ kind: z.literal('copy'), path: z.string(), to: z.string() }),
  /** Removes runs and what they wrote from a project. */
  z.strictObject({
    kind: z.literal('drop-runs'),
    project: z.string(),
    fingerprints: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal('describe'), model: z.string() }),
  z.strictObject({ kind: z.literal('release'), model: z.string().optional() }),
  z.strictObject({ kind: z.literal('providers') }),
  /** Closes the open project, so that its file can be moved or is a single one. */
  z.strictObject({ kind: z.literal('close-project'), evict: eviction.optional() }),
]);
export type Job = z.input<typeof job>;
