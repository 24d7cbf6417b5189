import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDenoiser } from '../../../main/diffusion/denoiser.ts';
import type { DiffusionPack } from '../../../main/diffusion/pack.ts';
import type { Planes } from '../../../main/diffusion/planes.ts';
import { takeSteps } from '../../../main/diffusion/sampling.ts';
import { STABLE_DIFFUSION } from '../../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../../main/diffusion/schedulers/create-scheduler.ts';
import { TorchGenerator } from '../../../main/diffusion/torch-random.ts';
import type { ModelClient } from '../../../main/engine/model-client.ts';
import type { NodeContext, StageNodes } from '../../../main/pipeline/node.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const SIDE = 64;
const FACTOR = 8;

/** The sampling loop over the hollow graphs, in the real pixels process. */
export const nodes: StageNodes = { 'bench.steps': takeHollowSteps, 'bench.preview': showPreview };

interface Params {
  readonly steps: number;
  readonly control: boolean;
  /** Both at once would count the garbage collector's work as the steps'. */
  readonly measure: 'time' | 'memory';
}

/** Milliseconds since its start that were not spent inside `session.run`; 0 where no other process runs the models. */
function ownClock(models: ModelClient): { (): number; start(): void } {
  const used = () => models.use?.modelMs ?? 0;
  let at = 0;
  let before = 0;
  const read = () => performance.now() - at - (used() - before);
  const start = () => {
    at = performance.now();
    before = used();
  };
  return Object.assign(read, { start });
}

async function takeHollowSteps(ctx: NodeContext<Params>): Promise<void> {
  const { steps, control, measure } = ctx.params;
  const generator = new TorchGenerator(1);
  const latents = planes(4, SIDE, generator);
  const branch = {
    hidden: generator.randn(77 * 768),
    tokens: 77,
    width: 768,
    pooled: null,
    timeIds: null,
    imageTokens: null,
    extra: [planes(1, SIDE, generator), planes(4, SIDE, generator)],
  };
  const unet = { model: 'unet', channels: 9, sampleSize: SIDE, residuals: 12 } as const;
  const vae = { factor: FACTOR, latentChannels: 4 };
  const checkpoint = {
    id: 'hollow',
    spec: { vae, unet } as unknown as DiffusionPack,
    models: ctx.models,
    readFile: (path: string) => ctx.packs.read('hollow', path),
  };
  const window = { width: SIDE, height: SIDE };
  const picture = planes(3, SIDE * FACTOR, generator);
  const denoiser = await openDenoiser(checkpoint, {
    unet,
    branches: [branch, branch],
    guidance: { kind: 'text', scale: 7.5 },
    controls: control ? [{ model: 'controlnet_depth', picture, scale: 0.8, start: 0, end: 1 }] : [],
    imageScale: 0,
    guidanceEmbedding: null,
    window,
    batched: true,
  });
  const scheduler = createScheduler('dpmpp-2m-karras', steps, STABLE_DIFFUSION);
  const own: number[] = [];
  const memory: number[] = [];
  const clock = ownClock(ctx.models as ModelClient);
  let processor = process.cpuUsage();
  await takeSteps(
    {
      scheduler,
      denoiser,
      from: 0,
      to: steps,
      steps,
      generator,
      known: null,
      window,
      onStep: async ({ index }) => {
        await ctx.progress(index / steps);
        if (measure === 'time') {
          if (index === 0)
            processor = process.cpuUsage(); // the first step sends what is constant
          else own.push(clock());
          clock.start();
          return;
        }
        if (index % 10 !== 9) return;
        collectGarbage();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        memory.push(Math.round((heapUsed + arrayBuffers) / 1024));
      },
    },
    latents,
  );
  const { user, system } = process.cpuUsage(processor);
  ctx.metric('ownMs', own.map((ms) => ms.toFixed(3)).join(' '));
  ctx.metric('pixelsMs', (user + system) / 1000 / (steps - 1));
  ctx.metric('memoryKb', memory.join(' '));
  await ctx.outputs.json('done', { mean: latents.data.reduce((a, b) => a + b, 0) / latents.data.length });
}

function planes(channels: number, side: number, generator: TorchGenerator): Planes {
  return { data: generator.randn(channels * side * side), channels, width: side, height: side };
}

/** Shows one picture and is done. */
async function showPreview(ctx: NodeContext): Promise<void> {
  const picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
  await ctx.preview?.(picture, 0.5);
  await ctx.outputs.json('done', { looked: ctx.preview !== undefined });
}
