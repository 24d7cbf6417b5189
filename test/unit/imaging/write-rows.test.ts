import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError } from '../../../main/errors.ts';
import { decodeFrame } from '../../../main/imaging/decode.ts';
import { type Raster, dtypeOf } from '../../../main/imaging/raster.ts';
import { writeRows } from '../../../main/imaging/write-rows.ts';
import { adobeRgbProfile, gammaTag, greyProfile } from './icc-fixtures.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'davenport-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The raster in bands of the given heights, the last repeated as often as needed. */
async function* bands(raster: Raster, heights: readonly number[]): AsyncGenerator<Raster> {
  const { width, channels, data } = raster;
  let y = 0;
  for (let i = 0; y < raster.height; i++) {
    const height = Math.min(heights[Math.min(i, heights.length - 1)]!, raster.height - y);
    yield {
      width,
      height,
      channels,
      data: data.slice(y * width * channels, (y + height) * width * channels),
    };
    y += height;
  }
}

function shapeOf(raster: Raster) {
  const { width, height, channels, data } = raster;
  return { width, height, channels, dtype: dtypeOf(data) as 'u8' | 'u16' };
}

describe.each(['png', 'tiff'] as const)('writeRows as %s', (format) => {
  it('keeps every sample in every depth and channel count, with profile and density', async () => {
    for (const channels of [1, 2, 3, 4]) {
      const icc = channels <= 2 ? greyProfile('grey', gammaTag(1.8)) : adobeRgbProfile();
      for (const raster of [noise8(53, 41, channels, 1), noise16(53, 41, channels, 2)]) {
        const path = join(folder, `a.${format}`);
        await writeRows(path, shapeOf(raster), bands(raster, [7, 1, 30, 2]), {
          format,
          icc,
          dpi: 300,
          xmp: Buffer.from('<x/>'),
        });
        const bytes = readFileSync(path);
        const frame = await decodeFrame(bytes, path);
        expect(frame.raster.data).toEqual(raster.data);
        expect(frame.icc).toEqual(icc);
        const header = await sharp(bytes).metadata();
        expect([Math.round(header.density!), header.xmp?.toString()]).toEqual([300, '<x/>']);
      }
    }
  });

  it('packs pictures of many strips', async () => {
    // 2.4 MB of smooth samples: more than two strips of a TIFF, many chunks of a PNG.
    const data = Uint8Array.from({ length: 1000 * 800 * 3 }, (_, i) => ((i / 3 / 1000) | 0) + (i % 3) * 9);
    const raster = { width: 1000, height: 800, channels: 3, data };
    const path = join(folder, `b.${format}`);
    await writeRows(path, shapeOf(raster), bands(raster, [64]), { format, icc: null });
    const bytes = readFileSync(path);
    expect(bytes.length).toBeLessThan(data.length / 4);
    expect(Buffer.compare((await decodeFrame(bytes, path)).raster.data as Uint8Array, data)).toBe(0);
  });

  it('leaves nothing behind when the bands stop or do not fit', async () => {
    const before = readdirSync(folder);
    const raster = noise8(20, 20, 3, 1);
    const path = join(folder, `c.${format}`);
    const options = { format, icc: null };
    async function* cancelled(): AsyncGenerator<Raster> {
      yield { ...raster, height: 10, data: raster.data.slice(0, 600) };
      throw new CancelledError();
    }
    await expect(writeRows(path, shapeOf(raster), cancelled(), options)).rejects.toBeInstanceOf(
      CancelledError,
    );
    await expect(
      writeRows(path, { ...shapeOf(raster), height: 21 }, bands(raster, [5]), options),
    ).rejects.toThrow(/received 20/);
    await expect(
      writeRows(path, { ...shapeOf(raster), height: 19 }, bands(raster, [5]), options),
    ).rejects.toThrow(TypeError);
    await expect(
      writeRows(path, { ...shapeOf(raster), dtype: 'u16' }, bands(raster, [5]), options),
    ).rejects.toThrow(/u16/);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('writeRows as jpeg', () => {
  it('collects the bands in 8 bits', async () => {
    const raster = { width: 32, height: 24, channels: 3, data: new Uint16Array(32 * 24 * 3).fill(40000) };
    const path = join(folder, 'a.jpg');
    await writeRows(path, shapeOf(raster), bands(raster, [5]), { format: 'jpeg', icc: adobeRgbProfile() });
    const frame = await decodeFrame(readFileSync(path), path);
    expect(frame.raster.data[100]).toBe(156);
    expect(frame.icc).toEqual(adobeRgbProfile());
  });
});
