import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { decodeFrame } from '../../../main/imaging/decode.ts';
import { encodeFrame } from '../../../main/imaging/encode.ts';
import { addJpegMetadata } from '../../../main/imaging/metadata/jpeg.ts';
import { pngChunk } from '../../../main/imaging/metadata/png.ts';
import { adobeRgbProfile, srgbProfile } from './icc-fixtures.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

const gradient = () => noise8(64, 48, 3, 1);

async function failure(bytes: Uint8Array, name: string): Promise<RequestError> {
  const error = await decodeFrame(bytes, name).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RequestError);
  const request = error as RequestError;
  expect(request.message).toContain(name);
  expect(request.message).not.toContain('\n');
  expect(request.next.length).toBeGreaterThan(10);
  return request;
}

describe('decodeFrame keeps samples', () => {
  it.each([
    ['no profile', null],
    ['an sRGB profile', srgbProfile()],
    ['an Adobe RGB profile', adobeRgbProfile()],
  ])('of 8- and 16-bit PNG and TIFF with %s', async (_, icc) => {
    for (const format of ['png', 'tiff'] as const) {
      for (const channels of [1, 2, 3, 4] as const) {
        for (const raster of [noise8(37, 23, channels, 7), noise16(37, 23, channels, 8)]) {
          // A grey file cannot carry an RGB profile.
          const own = channels >= 3 ? icc : null;
          const frame = await decodeFrame(await encodeFrame(raster, { format, icc: own }), `a.${format}`);
          expect(frame.raster.channels).toBe(channels);
          expect(frame.info).toMatchObject({ width: 37, height: 23, channels, format, notes: [] });
          expect(frame.info.depth).toBe(raster.data instanceof Uint16Array ? 16 : 8);
          expect(frame.raster.data).toEqual(raster.data);
          expect(frame.icc).toEqual(own);
        }
      }
    }
  });

  it('of a JPEG, profile verbatim, as its decoder delivers them', async () => {
    const icc = adobeRgbProfile();
    const plain = await sharp(gradient().data, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg()
      .toBuffer();
    const tagged = Buffer.concat(addJpegMetadata(plain, { icc }));
    const frame = await decodeFrame(tagged, 'a.jpg');
    expect(frame.icc).toEqual(icc);
    expect(frame.raster.data).toEqual((await decodeFrame(plain, 'b.jpg')).raster.data);
  });

  it('turns palette and 1-bit pictures into 8 bits', async () => {
    const palette = await sharp(gradient().data, { raw: { width: 64, height: 48, channels: 3 } })
      .png({ palette: true, colours: 16 })
      .toBuffer();
    const frame = await decodeFrame(palette, 'p.png');
    expect([frame.info.channels, frame.info.depth]).toEqual([3, 8]);
    const bilevel = await decodeFrame(bilevelPng(), 'b.png');
    expect([bilevel.info.channels, bilevel.info.depth]).toEqual([1, 8]);
    expect([...bilevel.raster.data]).toEqual([255, 0, 255, 0, 0, 255, 0, 255]);
  });

  it('reads WebP and AVIF', async () => {
    const image = sharp(gradient().data, { raw: { width: 64, height: 48, channels: 3 } });
    const webp = await decodeFrame(await image.clone().webp({ lossless: true }).toBuffer(), 'a.webp');
    expect(webp.raster.data).toEqual(gradient().data);
    expect(webp.info.format).toBe('webp');
    const avif = await decodeFrame(await image.clone().avif({ effort: 0 }).toBuffer(), 'a.avif');
    expect([avif.info.width, avif.info.height, avif.info.channels]).toEqual([64, 48, 3]);
  });
});

describe('decodeFrame turns photos upright', () => {
  // Corners of a 2 × 3 picture, stored as the camera wrote it, and where each orientation puts them.
  const stored = { width: 2, height: 3, channels: 1, data: new Uint8Array([1, 2, 3, 4, 5, 6]) };
  const expected: Readonly<Record<number, readonly [number, readonly number[]]>> = {
    1: [2, [1, 2, 3, 4, 5, 6]],
    2: [2, [2, 1, 4, 3, 6, 5]],
    3: [2, [6, 5, 4, 3, 2, 1]],
    4: [2, [5, 6, 3, 4, 1, 2]],
    5: [3, [1, 3, 5, 2, 4, 6]],
    6: [3, [5, 3, 1, 6, 4, 2]],
    7: [3, [6, 4, 2, 5, 3, 1]],
    8: [3, [2, 4, 6, 1, 3, 5]],
  };
  it.each(Object.keys(expected).map(Number))('EXIF orientation %i', async (orientation) => {
    const file = await encodeFrame(stored, {
      format: 'png',
      icc: null,
      exif: exifWithOrientation(orientation),
    });
    const frame = await decodeFrame(file, 'turned.png');
    const [width, samples] = expected[orientation]!;
    expect(frame.info.width).toBe(width);
    expect([...frame.raster.data]).toEqual(samples);
  });
});

describe('decodeFrame converts what is no RGB', () => {
  it('CMYK to sRGB, with a note', async () => {
    const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#b04030' } })
      .toColourspace('cmyk')
      .withIccProfile('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    const frame = await decodeFrame(cmyk, 'press.jpg');
    expect(frame.info).toMatchObject({ channels: 3, depth: 8, convertedFromCmyk: true });
    expect(frame.info.notes.join()).toMatch(/CMYK converted to sRGB with its embedded profile/);
    expect(frame.icc).toBeNull();
    const [r, g, b] = frame.raster.data;
    expect(Math.abs(r! - 0xb0) + Math.abs(g! - 0x40) + Math.abs(b! - 0x30)).toBeLessThan(60);
  });

  it('Lab and float, with a note', async () => {
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } });
    const lab = await decodeFrame(
      await image.clone().toColourspace('lab').tiff({ compression: 'lzw' }).toBuffer(),
      'lab.tif',
    );
    expect(lab.info.notes.join()).toMatch(/Lab converted/);
    expect(Math.abs(lab.raster.data[0]! / (lab.info.depth === 16 ? 257 : 1) - 128)).toBeLessThan(2);
    const float = await decodeFrame(
      await image.clone().toColourspace('scrgb').tiff({ compression: 'lzw' }).toBuffer(),
      'float.tif',
    );
    expect(float.info.notes.join()).toMatch(/floating-point/);
    expect(float.info.depth).toBe(16);
    expect(Math.abs(float.raster.data[0]! / 257 - 128)).toBeLessThan(1);
  });
});

describe('decodeFrame refuses', () => {
  it('an empty file', async () => {
    expect((await failure(new Uint8Array(0), 'nothing.jpg')).message).toMatch(/empty/);
  });

  it('text named .jpg and vector graphics', async () => {
    expect((await failure(Buffer.from('Dear client, the photo is attached.'), 'letter.jpg')).message).toMatch(
      /not a photo/,
    );
    expect(
      (await failure(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'logo.svg')).message,
    ).toMatch(/not a photo/);
  });

  it('camera raw files', async () => {
    const tiff = await encodeFrame(gradient(), { format: 'tiff', icc: null });
    expect((await failure(tiff, 'IMG_1.NEF')).message).toMatch(/camera raw/);
  });

  it.each(['jpeg', 'png', 'tiff', 'webp'] as const)('a truncated %s', async (format) => {
    const whole = await encodeFrame(noise8(200, 200, 3, 3), { format, icc: null });
    for (const share of [0.02, 0.5, 0.9]) {
      const cut = whole.subarray(0, Math.max(40, Math.floor(whole.length * share)));
      expect((await failure(cut, `cut.${format}`)).message).toMatch(/truncated/);
    }
  });

  it('a TIFF whose directory comes first and whose strips are cut', async () => {
    const tiff = directoryFirstTiff(64, 64);
    await decodeFrame(tiff, 'whole.tif');
    expect((await failure(tiff.subarray(0, 2000), 'cut.tif')).message).toMatch(/truncated/);
  });

  it('a TIFF of YCbCr samples, which libvips would show in wrong colours', async () => {
    expect((await failure(directoryFirstTiff(64, 64, 6), 'video.tif')).message).toMatch(/YCbCr/);
  });

  it('sample types that no photo uses', async () => {
    const float = await sharp(new Float32Array(64), { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .tiff({ predictor: 'float', compression: 'lzw' })
      .toBuffer();
    expect((await failure(float, 'depth.tif')).message).toMatch(/float samples/);
  });

  it('a picture of 30 000 × 30 000 pixels by its header alone', async () => {
    const bomb = pngOf(30000, 30000, 8, 0, Buffer.alloc(100));
    expect((await failure(bomb, 'bomb.png')).message).toMatch(/30000 × 30000/);
  });

  it('but not a JPEG with a damaged stretch: that is noted', async () => {
    const jpeg = Buffer.from(
      await encodeFrame(noise8(256, 256, 3, 5), { format: 'jpeg', icc: null, quality: 60 }),
    );
    jpeg.set([0xff, 0xd0, 0xff, 0xd3], Math.floor(jpeg.length / 2));
    const frame = await decodeFrame(jpeg, 'scratched.jpg');
    expect(frame.info.width).toBe(256);
    expect(frame.info.notes.join()).toMatch(/damage/);
  });
});

/** A little-endian EXIF block that holds the orientation alone. */
function exifWithOrientation(orientation: number): Uint8Array {
  return new Uint8Array([
    0x49,
    0x49,
    42,
    0,
    8,
    0,
    0,
    0,
    1,
    0,
    0x12,
    1,
    3,
    0,
    1,
    0,
    0,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
}

function pngOf(width: number, height: number, bits: number, color: number, data: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = color;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(data)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** 4 × 2 pixels, 1 bit grey: 1010 over 0101. */
function bilevelPng(): Buffer {
  return pngOf(4, 2, 1, 0, Buffer.from([0, 0b10100000, 0, 0b01010000]));
}

/** Uncompressed 8-bit grey with its directory before the samples, as some cameras and scanners write. */
function directoryFirstTiff(width: number, height: number, photometric = 1): Buffer {
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, photometric],
    [273, 4, 8 + 2 + 9 * 12 + 4],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, width * height],
  ] as const;
  const out = Buffer.alloc(8 + 2 + entries.length * 12 + 4 + width * height, 77);
  out.write('II*\0', 0, 'latin1');
  out.writeUInt32LE(8, 4);
  out.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, value], i) => {
    out.writeUInt16LE(tag, 10 + 12 * i);
    out.writeUInt16LE(type, 12 + 12 * i);
    out.writeUInt32LE(1, 14 + 12 * i);
    out.writeUInt32LE(value, 18 + 12 * i);
  });
  out.writeUInt32LE(0, 10 + 12 * entries.length);
  return out;
}
