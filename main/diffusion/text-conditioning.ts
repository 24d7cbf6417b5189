import { floatData, type Tensor } from '../inference/tensor.ts';
import { bindGraph, type Checkpoint } from './checkpoint.ts';
import type { SizeConditions, TextEncoderSpec } from './pack.ts';
import { openTokenizer } from './tokenizer.ts';

/** A prompt as the UNet reads it. */
export interface PromptEmbedding {
  /** [tokens, width], the encoders side by side. */
  readonly hidden: Float32Array;
  readonly tokens: number;
  readonly width: number;
  /** SDXL: the pooled embedding of the last encoder that has one. */
  readonly pooled: Float32Array | null;
}

/** Embeds prompts with the pack's text encoders; each text is embedded once however often it is asked for. */
export interface PromptEncoder {
  /** @param encoders model names; all of the pack's where not given (a refiner reads fewer) */
  embed(text: string, encoders?: readonly string[]): Promise<PromptEmbedding>;
}

interface EncoderOutput {
  readonly hidden: Tensor;
  readonly pooled: Float32Array | null;
}

export function createPromptEncoder(checkpoint: Checkpoint): PromptEncoder {
  const known = new Map<string, Promise<EncoderOutput>>();
  const once = (spec: TextEncoderSpec, text: string) => {
    const key = `${spec.model}\0${text}`;
    const output = known.get(key) ?? encode(checkpoint, spec, text);
    known.set(key, output);
    return output;
  };
  return {
    async embed(text, encoders) {
      const specs = checkpoint.spec.textEncoders.filter(({ model }) => encoders?.includes(model) ?? true);
      const outputs: EncoderOutput[] = [];
      for (const spec of specs) outputs.push(await once(spec, text));
      return joinOutputs(outputs);
    },
  };
}

async function encode(checkpoint: Checkpoint, spec: TextEncoderSpec, text: string): Promise<EncoderOutput> {
  const names = spec.pooled === undefined ? [spec.hidden] : [spec.hidden, spec.pooled];
  const tokenizer = await openTokenizer(checkpoint, spec);
  const graph = await bindText(checkpoint, spec.model, names);
  const ids = tokenizer.encode(text);
  const narrow = graph.input('input_ids')?.type === 'int32';
  const input: Tensor = narrow
    ? { type: 'int32', dims: [1, ids.length], data: Int32Array.from(ids, Number) }
    : { type: 'int64', dims: [1, ids.length], data: ids };
  const outputs = await graph.run({ input_ids: input });
  return {
    hidden: outputs[spec.hidden]!,
    pooled: spec.pooled === undefined ? null : floatData(outputs[spec.pooled], spec.pooled),
  };
}

/** Published encoders give more outputs than are read: the names must fit. */
function bindText(checkpoint: Checkpoint, model: string, outputs: readonly string[]) {
  return bindGraph(checkpoint, model, ['input_ids'], outputs);
}

function joinOutputs(outputs: readonly EncoderOutput[]): PromptEmbedding {
  const parts = outputs.map(({ hidden }) => {
    const [tokens, width] = hidden.dims.slice(-2) as [number, number];
    return { data: floatData(hidden, 'hidden states'), tokens, width };
  });
  const tokens = parts[0]!.tokens;
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const hidden = new Float32Array(tokens * width);
  let column = 0;
  for (const part of parts) {
    for (let t = 0; t < tokens; t++) {
      hidden.set(part.data.subarray(t * part.width, (t + 1) * part.width), t * width + column);
    }
    column += part.width;
  }
  const pooled = outputs.findLast((output) => output.pooled !== null)?.pooled ?? null;
  return { hidden, tokens, width, pooled };
}

/** The embedding of "nothing said" where the checkpoint was trained so: zeros. */
export function zeroEmbedding({ hidden, tokens, width, pooled }: PromptEmbedding): PromptEmbedding {
  return {
    hidden: new Float32Array(hidden.length),
    tokens,
    width,
    pooled: pooled ? new Float32Array(pooled.length) : null,
  };
}

/** Aesthetic scores that diffusers' refiner pipelines ask for: of the prompt, and of the negative prompt. */
const WANTED_SCORE = 6;
const UNWANTED_SCORE = 2.5;

/**
 * SDXL's `time_ids`: original size (h, w), crop (top, left), then the target size (h, w) or an aesthetic score. The
 * picture counts as whole and at its own size. Source: `_get_add_time_ids` of diffusers.
 */
export function timeIds(
  { aesthetic }: SizeConditions,
  width: number,
  height: number,
  negative: boolean,
): Float32Array {
  const size = [height, width, 0, 0];
  return Float32Array.from(
    aesthetic ? [...size, negative ? UNWANTED_SCORE : WANTED_SCORE] : [...size, height, width],
  );
}

/**
 * The guidance scale as consistency-distilled UNets read it, [length]: sines and cosines of 1000·(g − 1).
 * Source: `get_guidance_scale_embedding` of diffusers' latent-consistency pipelines.
 */
export function embedGuidance(guidance: number, length: number): Float32Array {
  const out = new Float32Array(length);
  const half = Math.floor(length / 2);
  const step = Math.log(10000) / (half - 1);
  for (let i = 0; i < half; i++) {
    const angle = (guidance - 1) * 1000 * Math.exp(-i * step);
    out[i] = Math.sin(angle);
    out[half + i] = Math.cos(angle);
  }
  return out;
}
