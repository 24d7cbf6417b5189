import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeRequest, SmallPicture } from '../../main/engine/protocol.ts';
import { type Engine, startEngine } from '../../main/engine/supervisor.ts';
import type { JsonObject, NodeContext } from '../../main/pipeline/node.ts';
import { createProject, openProject } from '../../main/store/project.ts';
import { makeHollowPack } from '../bench/diffusion/hollow-pack.ts';
import { nodes } from '../bench/diffusion/nodes.ts';
import { jsonOf, openLocalModels, tryNode } from '../support/node-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-linked-'));
const project = join(folder, 'photo.davenport');
let engine: Engine;

beforeAll(async () => {
  makeHollowPack(folder);
  const photo = join(folder, 'photo.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'white' } })
    .png()
    .toFile(photo);
  createProject(project).close();
  const modules = [new URL('../bench/diffusion/nodes.ts', import.meta.url).href];
  engine = startEngine({ packs: [folder], modules, provider: 'cpu', previews: true });
  await engine.importPhoto({ path: photo, project });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

type HollowParams = { steps: number; control: boolean; measure: 'memory' };

let prints = 0;
const requestOf = (node: string, params: JsonObject): NodeRequest => ({
  project,
  node,
  stage: 'inpaint',
  version: 1,
  fingerprint: `print-${++prints}`,
  params,
  frame: null,
  inputs: {},
  lineage: {},
  packs: {},
  outputs: ['done'],
});

async function runInEngine(params: HollowParams): Promise<number> {
  const result = await engine.runNode(requestOf('bench.steps', params));
  const open = openProject(project, { write: false });
  try {
    const { bytes } = await open.readArtifact(result.artifacts[0]!.id);
    return (JSON.parse(Buffer.from(bytes).toString('utf8')) as { mean: number }).mean;
  } finally {
    open.close();
  }
}

async function runHere(params: HollowParams): Promise<number> {
  const trial = tryNode({ params, models: openLocalModels(folder) });
  await nodes['bench.steps']!(trial.context as NodeContext<never>);
  return jsonOf<{ mean: number }>(trial.written.get('done')).mean;
}

describe('graphs run in turn in the models process', () => {
  it.each([
    { steps: 3, control: false, measure: 'memory' as const },
    { steps: 3, control: true, measure: 'memory' as const },
  ])('give what they give one by one: $control', async (params) => {
    const expected = await runHere(params);
    expect(await runInEngine(params)).toBeCloseTo(expected, 6);
    // A new job starts with nothing kept of the one before.
    expect(await runInEngine(params)).toBeCloseTo(expected, 6);
  });

  it('control changes the result, so that its residuals do arrive', async () => {
    const [without, with_] = [
      await runHere({ steps: 3, control: false, measure: 'memory' }),
      await runHere({ steps: 3, control: true, measure: 'memory' }),
    ];
    expect(Math.abs(without - with_)).toBeGreaterThan(1e-4);
  });
});

it('shows how far a picture has come, as a small PNG with the progress', async () => {
  const shown: SmallPicture[] = [];
  await engine.runNode(requestOf('bench.preview', {}), {
    onProgress: (done, _label, preview) => {
      if (preview) shown.push(preview);
      expect(done).toBe(0.5);
    },
  });
  expect(shown).toHaveLength(1);
  const { png, width, height } = shown[0]!;
  expect([width, height]).toEqual([2, 1]);
  const samples = await sharp(Buffer.from(png, 'base64')).raw().toBuffer();
  expect([...samples]).toEqual([255, 0, 0, 0, 0, 255]);
});
