import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeResult } from '../../main/engine/protocol.ts';
import { createRaster } from '../../main/imaging/raster.ts';
import { digestOf } from '../../main/store/artifact.ts';
import { openProject } from '../../main/store/project.ts';
import {
  openWorkbench,
  photoSamples,
  photoSize,
  testRequest,
  type Workbench,
} from '../fixtures/engine/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(async () => bench.close());

const windowOutputs = ['overZero', 'overFrame', 'gains', 'facts', 'bands'];
const byName = (result: NodeResult) =>
  Object.fromEntries(result.artifacts.map((artifact) => [artifact.name, artifact]));

describe('a node', () => {
  it('runs a model on the frame and commits what it wrote', async () => {
    const request = testRequest(bench, 'test.double', ['doubled']);
    const progress: number[] = [];
    const result = await bench.engine.runNode(request, { onProgress: (done) => progress.push(done) });
    const expected = photoSamples().map((v) => Math.min(255, 2 * v));
    const [artifact] = result.artifacts;
    expect(artifact).toMatchObject({ name: 'doubled', width: 48, height: 32, channels: 3, dtype: 'u8' });
    expect(artifact?.sha256).toBe(digestOf('u8', [32, 48, 3], expected));
    expect(result).toMatchObject({ provider: 'cpu', metrics: { first: 2 * photoSamples()[0]! } });
    expect(result.modelMs).toBeGreaterThan(0);
    expect(result.modelMs).toBeLessThan(result.ms);
    expect(result.peakRssMb).toBeGreaterThan(40);
    const project = openProject(bench.project, { write: false });
    try {
      const run = project.findRun(request.fingerprint);
      expect(run).toMatchObject({
        node: 'test.double',
        provider: 'cpu',
        modelMs: result.modelMs,
        status: 'ran',
      });
      const { bytes } = await project.readArtifact(run!.artifacts['doubled']!.id);
      expect(Buffer.compare(bytes, expected)).toBe(0);
    } finally {
      project.close();
    }
  });

  it('gives the same samples on every run, in a new process too', async () => {
    const first = await bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']));
    const second = await bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']));
    const other = await openWorkbench({ preset: 'low' });
    try {
      const third = await other.engine.runNode(testRequest(other, 'test.double', ['doubled']));
      expect(new Set([first, second, third].map((r) => r.artifacts[0]!.sha256)).size).toBe(1);
    } finally {
      await other.close();
    }
  });

  it('writes windows whose hash is that of the whole, and reads them back whole', async () => {
    const written = byName(await bench.engine.runNode(testRequest(bench, 'test.windows', windowOutputs)));
    const photo = { ...createRaster('u8', 48, 32, 3), data: photoSamples() };
    const zero = createRaster('u8', 48, 32, 3);
    for (const raster of [photo, zero]) {
      for (let y = 7; y < 16; y++) raster.data.fill(9, (y * 48 + 5) * 3, (y * 48 + 16) * 3);
    }
    expect(written['overFrame']?.sha256).toBe(digestOf('u8', [32, 48, 3], photo.data));
    expect(written['overZero']?.sha256).toBe(digestOf('u8', [32, 48, 3], zero.data));
    expect(written['facts']).toMatchObject({ dtype: 'json', width: null, height: null, channels: null });
    const inputs = Object.fromEntries(
      windowOutputs.map((name) => [name, { artifact: written[name]!.id, frame: null }]),
    );
    const outputs = ['overZeroWhole', 'overFrameWhole', 'bandsWhole', 'factsAgain'];
    const copied = byName(await bench.engine.runNode(testRequest(bench, 'test.copy', outputs, { inputs })));
    expect(copied['overZeroWhole']?.sha256).toBe(written['overZero']?.sha256);
    expect(copied['overFrameWhole']?.sha256).toBe(written['overFrame']?.sha256);
    expect(copied['bandsWhole']?.sha256).toBe(written['bands']?.sha256);
    expect(copied['factsAgain']?.sha256).toBe(written['facts']?.sha256);
  });

  it('works on the composite of an earlier edit as its frame', async () => {
    const edit1 = byName(await bench.engine.runNode(testRequest(bench, 'test.windows', windowOutputs)));
    const frame = { artifact: edit1['overFrame']!.id, frame: null };
    const again = await bench.engine.runNode(
      testRequest(bench, 'test.windows', windowOutputs, { frame, params: { value: 77 } }),
    );
    const expected = photoSamples();
    for (let y = 7; y < 16; y++) expected.fill(77, (y * 48 + 5) * 3, (y * 48 + 16) * 3);
    expect(byName(again)['overFrame']?.sha256).toBe(digestOf('u8', [32, 48, 3], expected));
    await bench.engine.closeProject(); // nothing decoded is left to help
    const source = { artifact: byName(again)['overFrame']!.id, frame };
    const path = join(bench.folder, 'second.png');
    await bench.engine.exportArtifact({ project: bench.project, source, path, picture: 'frame' });
    expect(Buffer.compare(await sharp(path).raw().toBuffer(), expected)).toBe(0);
  });

  it('fails where an output is missing, and commits nothing', async () => {
    const request = testRequest(bench, 'test.forget', ['value']);
    await expect(bench.engine.runNode(request)).rejects.toThrow(/Expected test.forget to write value/);
    const project = openProject(bench.project, { write: false });
    expect(project.findRun(request.fingerprint)).toBeNull();
    project.close();
  });

  it('says that memory ran out, in a model and outside', async () => {
    await expect(bench.engine.runNode(testRequest(bench, 'test.huge', ['value']))).rejects.toThrow(
      'Memory ran out while running the model test/huge',
    );
    await expect(bench.engine.runNode(testRequest(bench, 'test.allocate', ['value']))).rejects.toMatchObject({
      kind: 'machine',
      message: 'Memory ran out while running test.allocate',
    });
  });

  it('reads a file that the project keeps', async () => {
    const bytes = Buffer.from('a mask, say');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const request = testRequest(bench, 'test.blob', ['value'], { params: { sha256 } });
    await expect(bench.engine.runNode(request)).rejects.toMatchObject({ kind: 'request' });
    const project = openProject(bench.project, { write: true });
    project.keepFile(bytes, 'mask.png', sha256);
    project.close();
    expect((await bench.engine.runNode(request)).metrics).toEqual({ text: 'a mask, say' });
  });

  it('reports a missing intermediate as such', async () => {
    const inputs = { overZero: { artifact: 999_999, frame: null } };
    const request = testRequest(bench, 'test.copy', ['overZeroWhole'], { inputs });
    await expect(bench.engine.runNode(request)).rejects.toThrow(/no longer in the project/);
  });
});

describe('pictures of artifacts', () => {
  it('writes windows, floats and json to files', async () => {
    const written = byName(await bench.engine.runNode(testRequest(bench, 'test.windows', windowOutputs)));
    const write = async (name: string, picture: 'gains' | 'unit16' | 'mask' | 'json', more = {}) => {
      const path = join(bench.folder, `${name}-${picture}.png`);
      const source = { artifact: written[name]!.id, frame: null };
      return {
        path,
        size: await bench.engine.exportArtifact({ project: bench.project, source, path, picture, ...more }),
      };
    };
    const gains = await write('gains', 'gains');
    expect(gains.size).toEqual({ width: 4, height: 3 });
    const { data } = await sharp(gains.path).raw().toBuffer({ resolveWithObject: true });
    expect(data[0]).toBe(Math.round(127.5 * (1 + Math.log2(1.5) / 3)));
    const deep = await write('gains', 'unit16');
    expect((await sharp(deep.path).metadata()).depth).toBe('ushort');
    const patch = await write('overZero', 'mask', { windowOnly: true });
    expect(patch.size).toEqual({ width: 11, height: 9 });
    const facts = await write('facts', 'json');
    expect(JSON.parse(readFileSync(facts.path, 'utf8'))).toEqual({
      width: 48,
      nested: { list: [1, 2.5, 'three'] },
    });
  });
});

describe('photos', () => {
  it('reports what a photo is', async () => {
    const { info, sha256, bytes } = await bench.engine.importPhoto({ path: bench.photo });
    expect(info).toMatchObject({
      ...photoSize,
      channels: 3,
      depth: 8,
      format: 'png',
      convertedFromCmyk: false,
    });
    expect(bytes).toBe(readFileSync(bench.photo).length);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses what is missing, no photo, or another photo than the project’s', async () => {
    await expect(bench.engine.importPhoto({ path: join(bench.folder, 'none.png') })).rejects.toMatchObject({
      kind: 'request',
    });
    await expect(bench.engine.importPhoto({ path: bench.project })).rejects.toMatchObject({
      kind: 'request',
    });
    const other = join(bench.folder, 'other.png');
    await sharp(photoSamples().reverse(), { raw: { ...photoSize, channels: 3 } })
      .png()
      .toFile(other);
    await expect(bench.engine.importPhoto({ path: other, project: bench.project })).rejects.toThrow(
      /another photo/,
    );
  });
});

describe('models', () => {
  it('describes a model with its free dimensions and the provider it got', async () => {
    const description = await bench.engine.describeModel('test/repeat2');
    expect(description.inputs).toEqual([{ name: 'input', type: 'float32', dims: [1, 3, -1, -1] }]);
    expect(description.provider).toBe('cpu');
    expect(await bench.engine.providers()).toContain('cpu');
  });

  it('refuses a model that no pack has', async () => {
    await expect(bench.engine.describeModel('test/none')).rejects.toMatchObject({ kind: 'request' });
    await expect(bench.engine.describeModel('nobody/none')).rejects.toMatchObject({ kind: 'request' });
  });
});

it('leaves a single project file behind when it closes', async () => {
  const other = await openWorkbench();
  await other.engine.runNode(testRequest(other, 'test.windows', windowOutputs));
  await other.engine.close();
  expect(existsSync(`${other.project}-wal`)).toBe(false);
  expect(other.engine.pids).toEqual({ models: undefined, pixels: undefined });
  await expect(other.engine.providers()).rejects.toMatchObject({ kind: 'cancelled' });
  await other.close();
});
