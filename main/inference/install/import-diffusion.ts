import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { DiffusionPack } from '../../diffusion/pack.ts';
import { RequestError } from '../../errors.ts';
import type { GraphInfo } from '../adapters/bind.ts';

/** What diffusers' configuration files say that matters here; optimum and OnnxStack keep them beside the graphs. */
const unetConfig = z.looseObject({
  in_channels: z.union([z.literal(4), z.literal(8), z.literal(9)]),
  sample_size: z.number().int().positive().default(64),
  addition_embed_type: z.string().nullable().default(null),
  time_cond_proj_dim: z.number().int().positive().nullable().default(null),
});
const vaeConfig = z.looseObject({
  scaling_factor: z.number().positive().optional(),
  latent_channels: z.number().int().positive().default(4),
  sample_size: z.number().int().positive().default(512),
  block_out_channels: z.array(z.number()).default([128, 256, 512, 512]),
});
const tokenizerConfig = z.looseObject({
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).default('<|endoftext|>'),
});
const tokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int(), content: z.string() })).default([]),
  model: z.looseObject({ vocab: z.record(z.string(), z.number().int()) }),
});

/** Scales of the two families' VAEs, where no configuration says: SD 1.5, SDXL. */
const SCALES = { sd15: 0.18215, sdxl: 0.13025 } as const;

/** A diffusers folder as ONNX: which file is which model. */
export type DiffusionGraphs = Readonly<Record<string, string>>;

/**
 * The graphs of a Stable Diffusion folder in optimum's or OnnxStack's layout, `<part>/model.onnx`; null for another.
 * A ControlNet counts where its folder's name says that it reads depth.
 */
export function findDiffusionGraphs(source: string): DiffusionGraphs | null {
  const parts = ['unet', 'text_encoder', 'text_encoder_2', 'vae_encoder', 'vae_decoder'];
  const graphs: Record<string, string> = {};
  for (const folder of readdirSync(source)) {
    const name = parts.includes(folder)
      ? folder
      : /^controlnet.*depth/i.test(folder)
        ? 'controlnet_depth'
        : null;
    const path = posix.join(folder, 'model.onnx');
    if (name && existsSync(join(source, path))) graphs[name] = path;
  }
  return graphs['unet'] && graphs['vae_decoder'] && graphs['text_encoder'] ? graphs : null;
}

/** The `diffusion` section for such a folder, and the files that go with it. */
export interface DescribedDiffusion {
  readonly diffusion: DiffusionPack;
  readonly files: readonly string[];
}

/**
 * Reads the folder's configuration files and what its graphs declare.
 * @throws RequestError for a file that is missing or says something else than expected
 */
export async function describeDiffusion(
  source: string,
  graphs: DiffusionGraphs,
  infos: Readonly<Record<string, GraphInfo>>,
): Promise<DescribedDiffusion> {
  const unet = await readConfig(source, 'unet/config.json', unetConfig);
  const isXl = unet.addition_embed_type === 'text_time';
  const vaePath = ['vae_decoder/config.json', 'vae/config.json'].find((path) =>
    existsSync(join(source, path)),
  );
  const vae = vaePath ? await readConfig(source, vaePath, vaeConfig) : vaeConfig.parse({});
  const scheduler = 'scheduler/scheduler_config.json';
  requireFile(source, scheduler);
  const encoders = Object.keys(graphs)
    .filter((name) => name.startsWith('text_encoder'))
    .sort();
  const textEncoders: DiffusionPack['textEncoders'] = [];
  for (const model of encoders) textEncoders.push(await describeEncoder(source, model, infos[model]!, isXl));
  const residuals = infos['unet']!.inputs.filter(({ name }) =>
    /^down_block_\d+_additional_residual$/.test(name),
  );
  const diffusion: DiffusionPack = {
    family: isXl ? 'sdxl' : unet.in_channels === 8 ? 'instruct-pix2pix' : 'sd15',
    unet: {
      model: 'unet',
      channels: unet.in_channels,
      sampleSize: unet.sample_size,
      residuals: residuals.length,
      ...(unet.time_cond_proj_dim === null ? {} : { guidanceEmbedding: unet.time_cond_proj_dim }),
    },
    vae: {
      encoder: 'vae_encoder',
      decoder: 'vae_decoder',
      latentChannels: vae.latent_channels,
      factor: 2 ** (vae.block_out_channels.length - 1),
      scale: vae.scaling_factor ?? SCALES[isXl ? 'sdxl' : 'sd15'],
      tile: vae.sample_size,
    },
    textEncoders,
    ...(isXl ? { conditions: { aesthetic: false, zeroEmptyNegative: true } } : {}),
    scheduler,
    controls:
      graphs['controlnet_depth'] && residuals.length > 0
        ? [{ kind: 'depth', model: 'controlnet_depth', scale: 1 }]
        : [],
  };
  const tokenizers = textEncoders.flatMap(({ tokenizer }) =>
    ['tokenizer.json', 'tokenizer_config.json'].map((file) => `${tokenizer}/${file}`),
  );
  return { diffusion, files: [...new Set([scheduler, ...tokenizers])] };
}

async function describeEncoder(
  source: string,
  model: string,
  { outputs }: GraphInfo,
  isXl: boolean,
): Promise<DiffusionPack['textEncoders'][number]> {
  const tokenizer = model.replace('text_encoder', 'tokenizer');
  const file = await readConfig(source, `${tokenizer}/tokenizer.json`, tokenizerFile);
  const config = await readConfig(source, `${tokenizer}/tokenizer_config.json`, tokenizerConfig);
  const padding = typeof config.pad_token === 'string' ? config.pad_token : config.pad_token.content;
  const pad = file.added_tokens.find(({ content }) => content === padding)?.id ?? file.model.vocab[padding];
  if (pad === undefined)
    throw new RequestError(
      `${tokenizer}/tokenizer.json has no token “${padding}”`,
      'Take both files from one tokenizer',
    );
  const names = outputs.map(({ name }) => name);
  const pooled = isXl && names.includes('text_embeds') ? { pooled: 'text_embeds' } : {};
  return { model, tokenizer, length: 77, pad, hidden: hiddenName(names, isXl), ...pooled };
}

/** SD 1.5 reads the last hidden state; SDXL the one before it, which optimum counts from the front. */
function hiddenName(names: readonly string[], isXl: boolean): string {
  if (!isXl)
    return names.includes('last_hidden_state') ? 'last_hidden_state' : (names[0] ?? 'last_hidden_state');
  const layers = names.flatMap((name) => /^hidden_states\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return layers.length > 1 ? `hidden_states.${Math.max(...layers) - 1}` : 'hidden_states.-2';
}

function requireFile(source: string, path: string): void {
  if (existsSync(join(source, path))) return;
  throw new RequestError(
    `${path} is missing in ${source}`,
    path.endsWith('tokenizer.json')
      ? 'Save the tokenizer in its fast form beside it, or convert the checkpoint with models/convert'
      : 'Copy it from the checkpoint that was exported, or convert that with models/convert',
  );
}

async function readConfig<T>(source: string, path: string, schema: z.ZodType<T>): Promise<T> {
  requireFile(source, path);
  try {
    return schema.parse(JSON.parse(await readFile(join(source, path), 'utf8')));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const why = issue ? `${issue.path.join('.')}: ${issue.message}` : (error as Error).message;
    throw new RequestError(
      `${path} cannot be read (${why})`,
      'Take it from the checkpoint that was exported',
      {
        cause: error,
      },
    );
  }
}
