import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Denoiser } from '../../../main/diffusion/denoiser.ts';
import type { CellRect, Planes } from '../../../main/diffusion/planes.ts';
import { type Stretch, takeSteps } from '../../../main/diffusion/sampling.ts';
import { STABLE_DIFFUSION } from '../../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../../main/diffusion/schedulers/create-scheduler.ts';
import { TorchGenerator } from '../../../main/diffusion/torch-random.ts';

const STEPS = 6;

function latentsOf(width: number, height: number): Planes {
  return { data: new TorchGenerator(1).randn(4 * width * height), channels: 4, width, height };
}

/** Predicts a tenth of what it is shown: local, so that windows must not change the result. */
function localDenoiser(seen: CellRect[] = []): Denoiser {
  return {
    predict: async (scaled, _timestep, { x, y, width, height }) => {
      seen.push({ x, y, width, height });
      const out = new Float32Array(4 * width * height);
      for (let c = 0, to = 0; c < 4; c++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++, to++)
            out[to] = 0.1 * scaled.data[(c * scaled.height + y + row) * scaled.width + x + column]!;
      return out;
    },
  };
}

function stretchOf(latents: Planes, more: Partial<Stretch> = {}): Stretch {
  return {
    scheduler: createScheduler('dpmpp-2m-karras', STEPS, STABLE_DIFFUSION),
    denoiser: localDenoiser(),
    from: 0,
    to: STEPS,
    steps: STEPS,
    generator: new TorchGenerator(2),
    known: null,
    window: latents,
    ...more,
  };
}

describe('takeSteps', () => {
  test('gives the same in overlapping windows as in one piece', async () => {
    const whole = latentsOf(20, 13);
    const parts = latentsOf(20, 13);
    const seen: CellRect[] = [];
    await takeSteps(stretchOf(whole), whole);
    const window = { width: 8, height: 8 };
    await takeSteps(stretchOf(parts, { window, denoiser: localDenoiser(seen) }), parts);
    expect(new Set(seen.map(({ width, height }) => `${width}x${height}`))).toEqual(new Set(['8x8']));
    expect(seen.length).toBeGreaterThan(5 * STEPS);
    parts.data.forEach((v, i) => expect(v).toBeCloseTo(whole.data[i]!, 5));
  });

  test('hands over between two stretches as one run of a first-order sampler', async () => {
    const scheduler = createScheduler('ddim', STEPS, STABLE_DIFFUSION);
    const once = latentsOf(8, 8);
    const twice = latentsOf(8, 8);
    await takeSteps(stretchOf(once, { scheduler }), once);
    await takeSteps(stretchOf(twice, { scheduler, to: 4 }), twice);
    await takeSteps(stretchOf(twice, { scheduler, from: 4 }), twice);
    expect([...twice.data]).toEqual([...once.data]);
  });

  test('ends between two steps where the callback throws', async () => {
    const latents = latentsOf(8, 8);
    const seen: CellRect[] = [];
    const stop = stretchOf(latents, {
      denoiser: localDenoiser(seen),
      onStep: ({ index }) => {
        if (index === 2) throw new Error('enough');
      },
    });
    await expect(takeSteps(stop, latents)).rejects.toThrow('enough');
    expect(seen.length).toBe(3);
  });

  test('keeps the picture outside the hole for a UNet that knows no mask', async () => {
    const latents = latentsOf(8, 8);
    const original = new TorchGenerator(3).randn(256);
    const mask = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : 0));
    const known = { original, noise: latents.data.slice(), mask };
    await takeSteps(stretchOf(latents, { known }), latents);
    for (let i = 0; i < 256; i++) {
      if (mask[i % 64] === 0) expect(latents.data[i]).toBe(original[i]);
      else expect(latents.data[i]).not.toBe(original[i]);
    }
  });

  test('allocates nothing that grows with the steps', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const latents = latentsOf(64, 64);
    const output = new Float32Array(latents.data.length);
    const memory: number[] = [];
    await takeSteps(
      stretchOf(latents, {
        scheduler: createScheduler('euler-ancestral', 30, STABLE_DIFFUSION),
        to: 30,
        steps: 30,
        denoiser: { predict: async () => output },
        onStep: ({ index }) => {
          if (index % 10 !== 9) return;
          collect();
          memory.push(process.memoryUsage().arrayBuffers);
        },
      }),
      latents,
    );
    expect(memory.length).toBe(3);
    expect(memory[2]! - memory[0]!).toBeLessThan(16_384);
  });
});
