import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPacks } from '../../../main/inference/packs.ts';
import { builtProviders } from '../../../main/inference/providers.ts';
import { openSessions } from '../../../main/inference/sessions.ts';
import { packsFolder } from '../../support/checkpoint.ts';

const hasWebGpu = (await builtProviders()).includes('webgpu');

test.skipIf(!hasWebGpu)('WebGPU is not given fused attention, which it computes wrongly', async () => {
  const packs = findPacks([join(packsFolder, 'tiny-sd15-ip')]);
  const sessions = openSessions({ packs, provider: 'webgpu' });
  const ids = { type: 'int64', dims: [1, 77], data: new BigInt64Array(77) } as const;
  const { provider, fellBack } = await sessions.run('tiny-sd15-ip/text_encoder', { input_ids: ids });
  expect(provider).toBe('cpu');
  expect(fellBack).toMatch(/webgpu could not be used \(it computes fused attention wrongly/);
  await sessions.release();
});
