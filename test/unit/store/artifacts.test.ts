import { describe, expect, it } from 'vitest';
import { MachineError } from '../../../main/errors.ts';
import type { Samples } from '../../../main/imaging/raster.ts';
import { bytesOf, createDigest, digestOf, samplesOf } from '../../../main/store/artifact.ts';
import { applyFilter, encodeChunk, removeFilter } from '../../../main/store/chunk-codec.ts';
import { createProject, openProject } from '../../../main/store/project.ts';
import { noise, runOf, useFolder } from './helpers.ts';

const folder = useFolder();

/** Smooth with a little noise, as photos are. */
function photoLike<S extends Samples>(samples: S, row: number, step: number, scale: number): S {
  const grain = noise(samples.length, 7);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = scale * (0.5 + 0.3 * Math.sin((i % row) / step / 90)) + ((grain[i]! & 3) * scale) / 255;
  }
  return samples;
}

describe('round trips', () => {
  it.each([
    ['u8', photoLike(new Uint8Array(1500 * 2000 * 3), 6000, 3, 200)],
    ['u16', photoLike(new Uint16Array(1500 * 1000 * 4), 4000, 4, 60000)],
    ['f32', photoLike(new Float32Array(1300 * 1100 * 1), 1100, 1, 1)],
  ] as const)('gives %s rasters of several chunks back, whole and in bands', async (dtype, samples) => {
    const shapes = { u8: [1500, 2000, 3], u16: [1500, 1000, 4], f32: [1300, 1100, 1] };
    const shape = shapes[dtype];
    const digest = digestOf(dtype, shape, samples);
    const path = folder.file('a.davenport');
    const project = createProject(path);
    const id = await project.writeArtifact({ dtype, shape, window: null, digest }, bytesOf(samples));
    project.commitRun(runOf('f'), { raster: id });
    project.close();

    const again = openProject(path, { write: false });
    const { meta, bytes } = await again.readArtifact(id);
    expect(meta).toMatchObject({ id, dtype, shape, window: null, digest, rawBytes: samples.byteLength });
    expect(digestOf(dtype, shape, samplesOf(dtype, bytes))).toBe(digest);
    expect(meta.storedBytes).toBeLessThan(samples.byteLength * 0.75);

    const streamed = createDigest(dtype, shape);
    let rows = 0;
    for await (const band of again.readArtifactBands(id)) {
      expect(band.row).toBe(rows);
      rows += band.rows;
      streamed.update(samplesOf(dtype, band.bytes));
    }
    expect(rows).toBe(shape[0]);
    expect(streamed.hex()).toBe(digest);
    again.close();
  });

  it('gives json and tensors of other ranks back', async () => {
    const project = createProject(folder.file('a.davenport'));
    const text = new TextEncoder().encode(JSON.stringify({ horizon: 812.5, labels: ['Wand', 'Böden'] }));
    const json = await project.writeArtifact(
      { dtype: 'json', shape: [text.length], window: null, digest: 'a' },
      text,
    );
    const tensor = new Float32Array([1, -0, Number.NaN, 1e-40, Number.POSITIVE_INFINITY, 2]);
    const features = await project.writeArtifact(
      { dtype: 'f32', shape: [1, 1, 2, 3], window: null, digest: 'b' },
      bytesOf(tensor),
    );
    expect((await project.readArtifact(json)).bytes).toEqual(text);
    const read = samplesOf('f32', (await project.readArtifact(features)).bytes);
    expect([...read]).toEqual([...tensor]);
    expect(Object.is(read[1], -0)).toBe(true);
    project.close();
  });

  it('stores a window alone, and an empty one', async () => {
    const project = createProject(folder.file('a.davenport'));
    const samples = noise(40 * 30);
    const window = { rect: { x: 100, y: 200, width: 40, height: 30 }, background: 'frame' } as const;
    const id = await project.writeArtifact(
      { dtype: 'u8', shape: [3000, 4000, 1], window, digest: 'a' },
      samples,
    );
    expect(project.findArtifact(id)).toMatchObject({ shape: [3000, 4000, 1], window, rawBytes: 1200 });
    expect((await project.readArtifact(id)).bytes).toEqual(samples);
    const empty = { rect: { x: 0, y: 0, width: 0, height: 0 }, background: 'zero' } as const;
    const none = await project.writeArtifact(
      { dtype: 'u8', shape: [3000, 4000, 1], window: empty, digest: 'b' },
      new Uint8Array(0),
    );
    expect((await project.readArtifact(none)).bytes.length).toBe(0);
    for await (const _ of project.readArtifactBands(none)) expect.unreachable();
    project.close();
  });

  it('reads only the rows asked for', async () => {
    const project = createProject(folder.file('a.davenport'));
    const samples = photoLike(new Uint8Array(4000 * 3000), 3000, 1, 200);
    const id = await project.writeArtifact(
      { dtype: 'u8', shape: [4000, 3000, 1], window: null, digest: 'a' },
      samples,
    );
    const pieces: Uint8Array[] = [];
    let first = -1;
    for await (const band of project.readArtifactBands(id, 1390, 1405)) {
      if (first < 0) first = band.row;
      pieces.push(band.bytes);
    }
    expect(first).toBe(1390);
    expect(Buffer.concat(pieces).equals(samples.subarray(1390 * 3000, 1405 * 3000))).toBe(true);
    project.close();
  });

  it('takes pieces of any size, reused buffers and a digest known at the end', async () => {
    const project = createProject(folder.file('a.davenport'));
    const samples = noise(5_000_000);
    const digest = createDigest('u8', [1000, 5000, 1]);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(777_777);
      for (let at = 0; at < samples.length; at += buffer.length) {
        const part = samples.subarray(at, at + buffer.length);
        buffer.set(part);
        digest.update(part);
        yield buffer.subarray(0, part.length);
      }
    }
    const id = await project.writeArtifact(
      { dtype: 'u8', shape: [1000, 5000, 1], window: null, digest: () => digest.hex() },
      pieces(),
    );
    const { meta, bytes } = await project.readArtifact(id);
    expect(meta.digest).toBe(digestOf('u8', [1000, 5000, 1], bytes));
    expect(Buffer.from(bytes).equals(samples)).toBe(true);
    project.close();
  });
});

describe('filters', () => {
  it('are lossless for every remainder of row and step', () => {
    for (const filter of ['delta', 'delta-planes', 'planes'] as const) {
      const dtype = filter === 'planes' ? 'f32' : filter === 'delta' ? 'u8' : 'u16';
      for (const [rowBytes, step] of [
        [12, 1],
        [24, 3],
        [8, 4],
        [24, 2],
      ] as const) {
        const bytes = noise(rowBytes * 5, rowBytes + step);
        const shape = { dtype, rowBytes, step } as const;
        expect(removeFilter(applyFilter(bytes, shape, filter).slice(), shape, filter)).toEqual(bytes);
      }
    }
  });

  it('are left out where they do not help', async () => {
    const checks = new Uint8Array(400_000).map((_, i) => (i * i) & 0xff);
    const row = checks.subarray(0, 1000);
    const same = new Uint8Array(400_000);
    for (let at = 0; at < same.length; at += 1000) same.set(noise(1000), at);
    expect((await encodeChunk(same, { dtype: 'u8', rowBytes: 1000, step: 3 })).filter).toBe('none');
    const ramp = new Uint8Array(400_000).map((_, i) => (i % 1000) / 4 + (row[i % 7]! & 1));
    expect((await encodeChunk(ramp, { dtype: 'u8', rowBytes: 1000, step: 1 })).filter).toBeDefined();
    const photo = photoLike(new Uint8Array(400_000), 1000, 1, 200);
    expect((await encodeChunk(photo, { dtype: 'u8', rowBytes: 1000, step: 1 })).filter).toBe('delta');
  });
});

describe('writing that fails', () => {
  it('leaves nothing behind when the bytes do not fit the shape, or their source fails', async () => {
    const project = createProject(folder.file('a.davenport'));
    const draft = { dtype: 'u8', shape: [10, 10, 1], window: null, digest: 'a' } as const;
    await expect(project.writeArtifact(draft, new Uint8Array(99))).rejects.toThrow(/Expected 100 bytes/);
    await expect(
      project.writeArtifact(
        draft,
        (async function* () {
          yield new Uint8Array(50);
          throw new Error('decoder broke');
        })(),
      ),
    ).rejects.toThrow(/decoder broke/);
    const window = { rect: { x: 5, y: 0, width: 6, height: 1 }, background: 'zero' } as const;
    await expect(project.writeArtifact({ ...draft, window }, new Uint8Array(6))).rejects.toThrow(
      /window inside/,
    );
    expect(project.size().artifacts).toBe(0);
    project.close();
  });

  it('loses nothing that was finished when the disk is full', async () => {
    const path = folder.file('a.davenport');
    const project = createProject(path, { maxPages: 600 });
    const shape = [1000, 3000, 1];
    const first = await project.writeArtifact(
      { dtype: 'u8', shape, window: null, digest: 'a' },
      noise(3_000_000),
    );
    project.commitRun(runOf('first'), { mask: first });
    project.commitRecipe({ seed: 1 }, 'before');
    const failure = await project
      .writeArtifact({ dtype: 'u8', shape: [1000, 9000, 1], window: null, digest: 'b' }, noise(9_000_000, 2))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MachineError);
    expect((failure as MachineError).message).toMatch(/No space/);
    expect(() => project.commitRecipe({ big: 'x'.repeat(9_000_000) }, 'too big')).toThrow(MachineError);
    project.commitRecipe({ seed: 2 }, 'after');
    project.close();

    const again = openProject(path, { write: true });
    expect(again.recipe()?.recipe).toEqual({ seed: 2 });
    expect(Object.keys(again.findRun('first')!.artifacts)).toEqual(['mask']);
    expect(Buffer.from((await again.readArtifact(first)).bytes).equals(noise(3_000_000))).toBe(true);
    again.close();
  });
});
