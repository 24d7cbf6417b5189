import type { Mask, Raster } from '../imaging/raster.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Control } from './control.ts';
import { type Branch, type Denoiser, type Guidance, openDenoiser } from './denoiser.ts';
import { needsUnconditional } from './guidance.ts';
import { eraseHole, reduceMaskToLatents } from './latent-mask.ts';
import type { SizeConditions, UnetSpec } from './pack.ts';
import type { Planes } from './planes.ts';
import { embedReference, type ReferenceTokens } from './reference-image.ts';
import { takeSteps, type StepState } from './sampling.ts';
import { readSchedulerConfig } from './schedulers/config.ts';
import { createScheduler } from './schedulers/create-scheduler.ts';
import type { Scheduler, SchedulerName } from './schedulers/scheduler.ts';
import { roundHalfEven } from './schedulers/spacing.ts';
import { startIndexFor, startLatents } from './schedulers/strength.ts';
import {
  createPromptEncoder,
  embedGuidance,
  type PromptEmbedding,
  type PromptEncoder,
  timeIds,
  zeroEmbedding,
} from './text-conditioning.ts';
import { TorchGenerator } from './torch-random.ts';
import type { Vae } from './vae.ts';

/** What to paint. Sizes in pixels are multiples of the VAE's factor. */
export interface PaintRequest {
  /** [3,H,W], −1..1. */
  readonly picture: Planes;
  /** Same size; samples of 128 and more are the hole. */
  readonly mask: Mask;
  readonly prompt: string;
  /** Empty: nothing was said. */
  readonly negative: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  /** InstructPix2Pix: how closely the picture is kept. */
  readonly pictureGuidance: number;
  readonly scheduler: SchedulerName;
  /** 1 starts from noise alone, less from the picture with noise. */
  readonly strength: number;
  readonly controls: readonly Control[];
  /** RGB u8 of the image encoder's size, and how strongly it is followed; read by packs with an IP-Adapter. */
  readonly reference: { readonly picture: Raster<Uint8Array>; readonly scale: number } | null;
  /** Share of the noise schedule after which the pack's refiner takes over; null leaves it out. */
  readonly refineFrom: number | null;
  /** Cells that the model sees at once; all of the picture where not given. */
  readonly window?: { readonly width: number; readonly height: number };
  /** Guidance's evaluations in one run of the UNet rather than one after the other. */
  readonly batched: boolean;
  /** Called after each step with the number of steps done and to do; may throw to end the run. */
  readonly onStep?: (done: number, steps: number, state: StepState) => Promise<void> | void;
}

/**
 * Paints in the mask: clean latents [C,h,w], scaled, not decoded. The same weights, seed and settings give the latents
 * of diffusers' inpainting pipelines (or InstructPix2Pix's, by the pack's family), the order of random draws included.
 * @throws RequestError where strength leaves no step, and what the schedulers throw; whatever `onStep` throws
 */
export async function paint(checkpoint: Checkpoint, vae: Vae, request: PaintRequest): Promise<Planes> {
  const { spec } = checkpoint;
  const prompts = createPromptEncoder(checkpoint);
  const { scheduler, trainTimesteps } = await openScheduler(checkpoint, request);
  const from = spec.family === 'instruct-pix2pix' ? 0 : startIndexFor(request.steps, request.strength);
  const generator = new TorchGenerator(request.seed);
  const start = await prepare(checkpoint, vae, scheduler, request, generator);
  const { latents } = start;
  const window = {
    width: Math.min(request.window?.width ?? Infinity, latents.width),
    height: Math.min(request.window?.height ?? Infinity, latents.height),
  };
  const last = scheduler.timesteps.length;
  const handOver =
    spec.refiner && request.refineFrom !== null
      ? Math.max(from, refinerStart(scheduler, trainTimesteps, request.refineFrom))
      : last;
  const shared = { scheduler, steps: last - from, generator, window };
  const onStep = (state: StepState) => request.onStep?.(state.index - from + 1, last - from, state);

  const denoiser = await openBase(checkpoint, prompts, request, start, window);
  await takeSteps({ ...shared, denoiser, from, to: handOver, known: start.known, onStep }, latents);
  if (handOver < last) {
    const refiner = await openRefiner(checkpoint, prompts, request, latents, window);
    const rest = { from: handOver, to: last, known: null };
    await takeSteps({ ...shared, ...rest, denoiser: refiner, onStep }, latents);
  }
  return latents;
}

async function openScheduler(
  { spec, readFile }: Checkpoint,
  { scheduler, steps }: PaintRequest,
): Promise<{ scheduler: Scheduler; trainTimesteps: number }> {
  const json: unknown = JSON.parse(new TextDecoder().decode(await readFile(spec.scheduler)));
  const config = readSchedulerConfig(scheduler, json);
  return { scheduler: createScheduler(scheduler, steps, config), trainTimesteps: config.trainTimesteps };
}

/** The first step that belongs to the refiner. Source: `denoising_end` and `denoising_start` of diffusers. */
function refinerStart({ timesteps }: Scheduler, trainTimesteps: number, share: number): number {
  const cutoff = roundHalfEven(trainTimesteps - share * trainTimesteps);
  const first = timesteps.findIndex((t) => t < cutoff);
  return first < 0 ? timesteps.length : first;
}

/** The latents to start from, and what the UNet is told besides. */
interface Start {
  readonly latents: Planes;
  /** Channels after the latents, for each branch of guidance alike (InstructPix2Pix: with the picture). */
  readonly extra: readonly Planes[];
  readonly known: { original: Float32Array; noise: Float32Array; mask: Float32Array } | null;
}

/** Random draws in diffusers' order: the picture's latents, the noise, the masked picture's latents. */
async function prepare(
  { spec }: Checkpoint,
  vae: Vae,
  scheduler: Scheduler,
  request: PaintRequest,
  generator: TorchGenerator,
): Promise<Start> {
  const { picture, mask, strength } = request;
  const { factor, latentChannels: channels } = spec.vae;
  const size = { channels, width: picture.width / factor, height: picture.height / factor };
  const length = channels * size.width * size.height;
  if (spec.family === 'instruct-pix2pix') {
    const shown = await vae.encode(picture, null, true);
    const noise = generator.randn(length);
    return {
      latents: { ...size, data: startLatents(scheduler, 1, noise, undefined, noise) },
      extra: [shown],
      known: null,
    };
  }
  const blends = spec.unet.channels === channels;
  const original = blends || strength < 1 ? await vae.encode(picture, generator.randn(length)) : undefined;
  const noise = generator.randn(length);
  const latents = startLatents(scheduler, strength, noise, original?.data, new Float32Array(length));
  const cells = reduceMaskToLatents(mask);
  const maskedNoise = generator.randn(length); // drawn in any case, to stay in step with diffusers
  const start = { latents: { ...size, data: latents } };
  if (blends) return { ...start, extra: [], known: { original: original!.data, noise, mask: cells } };
  const erased = { ...picture, data: eraseHole(picture.data, mask, new Float32Array(picture.data.length)) };
  const masked = await vae.encode(erased, maskedNoise);
  return { ...start, extra: [{ ...size, channels: 1, data: cells }, masked], known: null };
}

async function openBase(
  checkpoint: Checkpoint,
  prompts: PromptEncoder,
  request: PaintRequest,
  { latents, extra }: Start,
  window: { width: number; height: number },
): Promise<Denoiser> {
  const { spec } = checkpoint;
  const embeddings = await embedPrompts(prompts, request, spec.conditions ?? null);
  const guidance = chooseGuidance(spec.unet, spec.family === 'instruct-pix2pix', request);
  const tokens = await readReference(checkpoint, request, embeddings.wanted.width);
  const conditions = spec.conditions ?? null;
  const branch = (negative: boolean, planes: readonly Planes[] = extra): Branch => ({
    ...(negative ? embeddings.unwanted : embeddings.wanted),
    timeIds: conditions && timeIds(conditions, ...pixelSize(spec.vae.factor, latents), negative),
    imageTokens: tokens && (negative ? tokens.none : tokens.wanted),
    extra: planes,
  });
  const unshown = () => extra.map((planes) => ({ ...planes, data: new Float32Array(planes.data.length) }));
  const branches = {
    none: () => [branch(false)],
    text: () => [branch(true), branch(false)],
    picture: () => [branch(false), branch(true), branch(true, unshown())],
  }[guidance.kind]();
  return openDenoiser(checkpoint, {
    unet: spec.unet,
    branches,
    guidance,
    controls: request.controls,
    imageScale: request.reference?.scale ?? 0,
    guidanceEmbedding: distilled(spec.unet, request.guidance),
    window,
    batched: request.batched,
  });
}

async function openRefiner(
  checkpoint: Checkpoint,
  prompts: PromptEncoder,
  request: PaintRequest,
  latents: Planes,
  window: { width: number; height: number },
): Promise<Denoiser> {
  const { refiner, vae } = checkpoint.spec;
  if (!refiner) throw new TypeError('Expected a pack with a refiner');
  const { conditions, unet, textEncoders } = refiner;
  const embeddings = await embedPrompts(prompts, request, conditions, textEncoders);
  const guidance = chooseGuidance(unet, false, request);
  const branch = (negative: boolean): Branch => ({
    ...(negative ? embeddings.unwanted : embeddings.wanted),
    timeIds: timeIds(conditions, ...pixelSize(vae.factor, latents), negative),
    imageTokens: null,
    extra: [],
  });
  return openDenoiser(checkpoint, {
    unet,
    branches: guidance.kind === 'none' ? [branch(false)] : [branch(true), branch(false)],
    guidance,
    controls: [],
    imageScale: 0,
    guidanceEmbedding: distilled(unet, request.guidance),
    window,
    batched: request.batched,
  });
}

async function embedPrompts(
  prompts: PromptEncoder,
  { prompt, negative }: PaintRequest,
  conditions: SizeConditions | null,
  encoders?: readonly string[],
): Promise<{ wanted: PromptEmbedding; unwanted: PromptEmbedding }> {
  const wanted = await prompts.embed(prompt, encoders);
  const zeros = negative === '' && (conditions?.zeroEmptyNegative ?? false);
  return { wanted, unwanted: zeros ? zeroEmbedding(wanted) : await prompts.embed(negative, encoders) };
}

/** UNets that read the guidance scale are distilled to need no second evaluation. */
function chooseGuidance(
  unet: UnetSpec,
  byPicture: boolean,
  { guidance, pictureGuidance }: PaintRequest,
): Guidance {
  if (!needsUnconditional(guidance) || unet.guidanceEmbedding) return { kind: 'none' };
  if (!byPicture) return { kind: 'text', scale: guidance };
  if (pictureGuidance < 1) return { kind: 'none' };
  return { kind: 'picture', text: guidance, picture: pictureGuidance };
}

function distilled({ guidanceEmbedding }: UnetSpec, guidance: number): Float32Array | null {
  return guidanceEmbedding ? embedGuidance(guidance, guidanceEmbedding) : null;
}

/** Image tokens for packs with an IP-Adapter; without a picture zeros, which its scale of 0 hides. */
async function readReference(
  checkpoint: Checkpoint,
  { reference }: PaintRequest,
  width: number,
): Promise<ReferenceTokens | null> {
  const { ipAdapter } = checkpoint.spec;
  if (!ipAdapter) return null;
  if (reference) return embedReference(checkpoint, ipAdapter, reference.picture);
  const { tokens } = ipAdapter;
  const nothing = { data: new Float32Array(tokens * width), channels: 1, width, height: tokens };
  return { wanted: nothing, none: nothing };
}

function pixelSize(factor: number, { width, height }: Planes): [number, number] {
  return [width * factor, height * factor];
}
