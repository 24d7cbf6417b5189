import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { MachineError, RequestError } from '../../../main/errors.ts';
import { decodeFrame } from '../../../main/imaging/decode.ts';
import { encodeFrame, writeFrame } from '../../../main/imaging/encode.ts';
import { readCarriedMetadata } from '../../../main/imaging/metadata/exif.ts';
import { explainWriteFailure } from '../../../main/imaging/write-file.ts';
import { adobeRgbProfile, greyProfile, gammaTag } from './icc-fixtures.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'davenport-encode-'));
afterAll(() => rmSync(folder, { recursive: true }));

const icc = adobeRgbProfile();

describe('encodeFrame embeds the profile and leaves the samples alone', () => {
  it.each(['png', 'tiff'] as const)(
    '%s: every depth and channel count comes back exactly',
    async (format) => {
      for (const channels of [1, 2, 3, 4]) {
        const profile = channels <= 2 ? greyProfile('grey', gammaTag(1.8)) : icc;
        for (const raster of [noise8(31, 17, channels, 1), noise16(31, 17, channels, 2)]) {
          const bytes = await encodeFrame(raster, { format, icc: profile, dpi: 300 });
          const frame = await decodeFrame(bytes, 'x');
          expect(frame.raster.data).toEqual(raster.data);
          expect(frame.icc).toEqual(profile);
          expect(Math.round((await sharp(bytes).metadata()).density!)).toBe(300);
        }
      }
    },
  );

  it('webp: lossless at 100, with and without alpha', async () => {
    for (const channels of [3, 4]) {
      const raster = noise8(31, 17, channels, 1);
      // Colours under full transparency are not kept by any WebP encoder's defaults.
      if (channels === 4)
        for (let i = 3; i < raster.data.length; i += 4) raster.data[i] = Math.max(1, raster.data[i]!);
      const bytes = await encodeFrame(raster, {
        format: 'webp',
        icc,
        quality: 100,
        xmp: Buffer.from('<x/>'),
      });
      const frame = await decodeFrame(bytes, 'x');
      expect(frame.raster.data).toEqual(raster.data);
      expect(frame.icc).toEqual(icc);
      expect((await sharp(bytes).metadata()).xmp?.toString()).toBe('<x/>');
    }
  });

  it('jpeg: the same picture with and without profile, metadata and density', async () => {
    const raster = noise8(64, 48, 3, 4);
    const plain = await decodeFrame(await encodeFrame(raster, { format: 'jpeg', icc: null }), 'x');
    const bytes = await encodeFrame(raster, { format: 'jpeg', icc, dpi: 240, xmp: Buffer.from('<x/>') });
    const tagged = await decodeFrame(bytes, 'x');
    expect(tagged.raster.data).toEqual(plain.raster.data);
    expect(tagged.icc).toEqual(icc);
    const header = await sharp(bytes).metadata();
    expect([header.density, header.xmp?.toString()]).toEqual([240, '<x/>']);
  });

  it('jpeg: profiles larger than a segment are cut into chunks', async () => {
    const large = new Uint8Array(200_000);
    large.set(icc);
    new DataView(large.buffer).setUint32(0, large.length);
    const bytes = await encodeFrame(noise8(16, 16, 3, 4), { format: 'jpeg', icc: large });
    expect((await decodeFrame(bytes, 'x')).icc).toEqual(large);
  });

  it('jpeg: 16 bits are rounded, alpha is left out, grey stays grey', async () => {
    const flat = { width: 16, height: 16, channels: 4, data: new Uint16Array(1024).fill(40000) };
    const frame = await decodeFrame(await encodeFrame(flat, { format: 'jpeg', icc: null }), 'x');
    expect(frame.info.channels).toBe(3);
    expect(frame.raster.data[0]).toBe(Math.round((40000 * 255) / 65535));
    const grey = await decodeFrame(
      await encodeFrame(noise8(16, 16, 1, 1), { format: 'jpeg', icc: null }),
      'x',
    );
    expect(grey.info.channels).toBe(1);
  });

  it('refuses a picture larger than the format', async () => {
    const wide = { width: 16384, height: 1, channels: 1, data: new Uint8Array(16384) };
    await expect(encodeFrame(wide, { format: 'webp', icc: null })).rejects.toThrow(/at most 16383/);
  });
});

describe('metadata of the source', () => {
  it('is carried over upright, without the thumbnail, with the new size', async () => {
    const camera = await sharp(noise8(32, 16, 3, 1).data, { raw: { width: 32, height: 16, channels: 3 } })
      .withMetadata({ orientation: 6, density: 180 })
      .withExifMerge({ IFD0: { Make: 'Hasselblad', Artist: 'A. Photographer' } })
      .jpeg()
      .toBuffer();
    const carried = await readCarriedMetadata(camera, { width: 4000, height: 3000 });
    expect(carried.dpi).toBe(180);
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await encodeFrame(noise8(16, 32, 3, 2), { format, icc: null, exif: carried.exif });
      const header = await sharp(bytes).metadata();
      expect(header.orientation).toBe(1);
      expect(Buffer.from(header.exif!).includes('Hasselblad')).toBe(true);
    }
  });

  it('is left out where it cannot be read', async () => {
    expect(await readCarriedMetadata(Buffer.from('no picture'))).toEqual({
      exif: null,
      xmp: null,
      dpi: null,
    });
  });

  it('says upright in XMP too', async () => {
    const { uprightXmp } = await import('../../../main/imaging/metadata/exif.ts');
    const packet =
      '<rdf:Description tiff:Orientation="6"><tiff:Orientation>8</tiff:Orientation></rdf:Description>';
    expect(Buffer.from(uprightXmp(Buffer.from(packet))).toString()).toBe(
      '<rdf:Description tiff:Orientation="1"><tiff:Orientation>1</tiff:Orientation></rdf:Description>',
    );
  });
});

describe('writeFrame', () => {
  const raster = noise8(16, 16, 3, 9);

  it('replaces a file whole and leaves nothing else behind', async () => {
    const path = join(folder, 'out.png');
    writeFileSync(path, 'old');
    await writeFrame(path, raster, { format: 'png', icc });
    expect((await decodeFrame(readFileSync(path), 'out.png')).raster.data).toEqual(raster.data);
    expect(readdirSync(folder)).toEqual(['out.png']);
  });

  it('names what is wrong with a target', async () => {
    const options = { format: 'png', icc: null } as const;
    await expect(writeFrame(join(folder, 'missing', 'a.png'), raster, options)).rejects.toThrow(
      /folder does not exist/,
    );
    await expect(writeFrame(folder, raster, options)).rejects.toThrow(/is a folder/);
    const full = explainWriteFailure(Object.assign(new Error('x'), { code: 'ENOSPC' }), 'a.png');
    expect(full).toBeInstanceOf(MachineError);
    expect(full.message).toMatch(/disk is full/);
    const denied = explainWriteFailure(Object.assign(new Error('x'), { code: 'EACCES' }), 'a.png');
    expect(denied).toBeInstanceOf(RequestError);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'keeps the old file where the folder is read-only',
    async () => {
      const locked = mkdtempSync(join(folder, 'locked-'));
      chmodSync(locked, 0o500);
      await expect(writeFrame(join(locked, 'a.png'), raster, { format: 'png', icc: null })).rejects.toThrow(
        /permission denied/,
      );
      chmodSync(locked, 0o700);
      expect(readdirSync(locked)).toEqual([]);
    },
  );
});
