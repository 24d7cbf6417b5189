import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import sharp, { type Sharp } from 'sharp';
import { encodeFrame } from '../../../main/imaging/encode.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { report, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();

/** The small sample in another format, edited at factor 1; gives the report and the delivered file's metadata. */
async function edited(name: string, convert: (image: Sharp) => Promise<Uint8Array>) {
  const click = await writeSmallSample(folder.file('room.jpg'), 480);
  const photo = folder.file(name);
  await writeFile(photo, await convert(sharp(folder.file('room.jpg'))));
  const asks = ['--click', `${click.x},${click.y}`, '--prompt', 'a red leather sofa', '--factor', '1'];
  const steps = folder.file('steps');
  const done = await report(['run', photo, ...asks, '--save-intermediates', steps], { cwd: folder.path });
  return {
    done,
    out: await sharp(done.out ?? '').metadata(),
    composite: await sharp(`${steps}/4-composite.png`).metadata(),
  };
}

describe('a photo', () => {
  it('in 16-bit grey stays 16-bit grey', async () => {
    const { done, out, composite } = await edited('grey.png', (image) =>
      image.toColourspace('grey16').png().toBuffer(),
    );
    expect(done.out).toMatch(/grey-edited\.png$/);
    expect(out).toMatchObject({ depth: 'ushort', channels: 1 });
    expect(composite).toMatchObject({ depth: 'ushort', channels: 1 });
    expect(done.identity.differing).toBe(0);
  });

  it('in CMYK is converted once and says so', async () => {
    const { done, out } = await edited('print.jpg', (image) =>
      image.toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    );
    expect(out).toMatchObject({ format: 'jpeg', space: 'srgb', channels: 3 });
    expect(done.identity.differing).toBe(0);
    expect(done.photo.notes.join()).toMatch(/CMYK/);
  });

  it('in 16-bit RGB with a wide profile keeps its depth and its profile', async () => {
    const { done, out, composite } = await edited('wide.tif', async (image) => {
      const { icc } = await sharp(await image.clone().withIccProfile('p3').png().toBuffer()).metadata();
      const { data, info } = await image
        .toColourspace('rgb16')
        .raw({ depth: 'ushort' })
        .toBuffer({ resolveWithObject: true });
      const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
      return encodeFrame(
        { width: info.width, height: info.height, channels: 3, data: samples },
        { format: 'tiff', icc: icc ?? null },
      );
    });
    expect(done.photo).toMatchObject({ depth: 16, channels: 3, format: 'tiff' });
    expect(done.out).toMatch(/wide-edited\.tif$/);
    expect(out).toMatchObject({ depth: 'ushort', channels: 3 });
    const source = await sharp(folder.file('wide.tif')).metadata();
    expect(source.icc).toBeDefined();
    expect(out.icc?.equals(source.icc ?? Buffer.alloc(0))).toBe(true);
    expect(composite.icc?.equals(source.icc ?? Buffer.alloc(0))).toBe(true);
    expect(done.identity.differing).toBe(0);
  });

  it('taken upright with the camera on its side comes back upright', async () => {
    const { done, out } = await edited('turned.jpg', (image) =>
      image.rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer(),
    );
    expect([out.width, out.height, out.orientation ?? 1]).toEqual([480, 320, 1]);
    expect(done.identity.differing).toBe(0);
  });

  it('with transparency keeps it', async () => {
    const { done, out } = await edited('cutout.png', (image) => image.ensureAlpha(0.5).png().toBuffer());
    expect(out).toMatchObject({ channels: 4, hasAlpha: true });
    expect(done.identity.differing).toBe(0);
  });
});
