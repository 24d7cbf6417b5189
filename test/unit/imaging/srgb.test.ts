import { describe, expect, it } from 'vitest';
import { isSrgbProfile, summarizeIcc } from '../../../main/imaging/color/icc.ts';
import { linearToSrgb, srgbToLinear } from '../../../main/imaging/color/transfer.ts';
import type { Frame } from '../../../main/imaging/frame.ts';
import { srgbToFrame, toSrgb8 } from '../../../main/imaging/srgb.ts';
import {
  ADOBE_RGB_COLORANTS,
  SRGB_COLORANTS,
  adobeRgbProfile,
  displayP3Profile,
  gammaTag,
  greyProfile,
  lookupProfile,
  rgbProfile,
  srgbProfile,
} from './icc-fixtures.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

function frameOf(raster: Frame['raster'], icc: Uint8Array | null): Frame {
  const depth = raster.data instanceof Uint16Array ? 16 : 8;
  const { width, height } = raster;
  const channels = raster.channels as Frame['info']['channels'];
  return {
    info: { width, height, channels, depth, format: 'png', convertedFromCmyk: false, notes: [] },
    raster,
    icc,
  };
}

/** Adobe RGB → linear sRGB by the published matrices, written out independently of any profile. */
function adobeToSrgb(rgb: readonly number[]): number[] {
  const linear = rgb.map((v) => v ** (563 / 256));
  const xyz = [0, 1, 2].map((row) =>
    linear.reduce((sum, v, c) => sum + v * ADOBE_RGB_COLORANTS[c]![row]!, 0),
  );
  return solve(SRGB_COLORANTS, xyz).map((v) => linearToSrgb(Math.min(1, Math.max(0, v))));
}

function determinant(m: readonly (readonly number[])[]): number {
  const [a, b, c] = m as [readonly number[], readonly number[], readonly number[]];
  return (
    a[0]! * (b[1]! * c[2]! - b[2]! * c[1]!) -
    b[0]! * (a[1]! * c[2]! - a[2]! * c[1]!) +
    c[0]! * (a[1]! * b[2]! - a[2]! * b[1]!)
  );
}

/** Solves columns · x = b by Cramer's rule. */
function solve(columns: readonly (readonly [number, number, number])[], b: readonly number[]): number[] {
  return [0, 1, 2].map((i) => determinant(columns.map((c, k) => (k === i ? b : c))) / determinant(columns));
}

describe('isSrgbProfile', () => {
  it('knows sRGB by its numbers and nothing else', () => {
    expect(isSrgbProfile(null)).toBe(true);
    expect(isSrgbProfile(srgbProfile())).toBe(true);
    expect(isSrgbProfile(adobeRgbProfile())).toBe(false);
    expect(isSrgbProfile(displayP3Profile())).toBe(false);
    expect(isSrgbProfile(rgbProfile('sRGB by name', SRGB_COLORANTS, gammaTag(2.2)))).toBe(false);
    expect(isSrgbProfile(greyProfile('grey', gammaTag(2.2)))).toBe(false);
    expect(isSrgbProfile(new Uint8Array(10))).toBe(false);
    expect(summarizeIcc(greyProfile('grey', gammaTag(2.2)))?.space).toBe('GRAY');
  });
});

describe('toSrgb8', () => {
  it('leaves sRGB samples alone at full size', async () => {
    const raster = noise8(20, 10, 3, 1);
    expect((await toSrgb8(frameOf(raster, srgbProfile()))).data).toEqual(raster.data);
    expect((await toSrgb8(frameOf(raster, null))).data).toEqual(raster.data);
  });

  it.each([8, 16] as const)('converts Adobe RGB, %i bits', async (depth) => {
    const scale = depth === 8 ? 255 : 65535;
    const colors = [0.2, 0.5, 0.8, 0.5, 0.5, 0.5, 0.6, 0.3, 0.35, 0.1, 0.12, 0.1];
    const samples = colors.map((v) => Math.round(v * scale));
    const data = depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
    const out = await toSrgb8(
      frameOf({ width: 4, height: 1, channels: 3, data } as Frame['raster'], adobeRgbProfile()),
    );
    for (let i = 0; i < 4; i++) {
      const expected = adobeToSrgb(samples.slice(3 * i, 3 * i + 3).map((v) => v / scale));
      expected.forEach((v, c) => expect(Math.abs(out.data[3 * i + c]! - v * 255)).toBeLessThan(1.6));
    }
  });

  it('converts grey by its curve', async () => {
    const icc = greyProfile('linear', gammaTag(1));
    for (const data of [new Uint8Array([0, 55, 255]), new Uint16Array([0, 55 * 257, 65535])]) {
      const out = await toSrgb8(frameOf({ width: 3, height: 1, channels: 1, data } as Frame['raster'], icc));
      const middle = linearToSrgb(55 / 255) * 255;
      expect(out.channels).toBe(3);
      [0, 0, 0, middle, middle, middle, 255, 255, 255].forEach((v, i) =>
        expect(Math.abs(out.data[i]! - v)).toBeLessThan(2),
      );
    }
  });

  it('lays alpha over neutral grey and scales with antialiasing', async () => {
    const out = await toSrgb8(
      frameOf(
        { width: 2, height: 1, channels: 4, data: new Uint8Array([200, 10, 0, 0, 9, 8, 7, 255]) },
        null,
      ),
    );
    expect([...out.data]).toEqual([128, 128, 128, 9, 8, 7]);
    // A one-pixel checkerboard must become grey, not alias to black or white.
    const board = Uint8Array.from(
      { length: 256 * 128 },
      (_, i) => (((i % 256) + Math.floor(i / 256)) % 2) * 255,
    );
    const small = await toSrgb8(frameOf({ width: 256, height: 128, channels: 1, data: board }, null), {
      longSide: 100,
    });
    expect([small.width, small.height, small.channels]).toEqual([100, 50, 3]);
    const inner = small.data[(25 * 100 + 50) * 3]!;
    expect(Math.abs(inner - 128)).toBeLessThan(4);
  });
});

describe('profiles of lookup tables', () => {
  const icc = lookupProfile();

  it.each([8, 16] as const)('are converted from, %i bits', async (depth) => {
    const scale = depth === 8 ? 1 : 257;
    const samples = [255, 0, 0, 0, 0, 255, 0, 255, 0, 255, 255, 255].map((v) => v * scale);
    const data = depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
    const out = await toSrgb8(frameOf({ width: 4, height: 1, channels: 3, data } as Frame['raster'], icc));
    [0, 0, 255, 255, 0, 0, 0, 255, 0, 255, 255, 255].forEach((v, i) =>
      expect(Math.abs(out.data[i]! - v)).toBeLessThan(6),
    );
  });

  it.each([8, 16] as const)('are converted to, %i bits, alpha kept', async (depth) => {
    const frame = frameOf(depth === 8 ? noise8(1, 1, 3, 1) : noise16(1, 1, 3, 1), icc);
    // sRGB 119 has L* 50.
    const source = {
      width: 2,
      height: 1,
      channels: 4,
      data: new Uint8Array([119, 119, 119, 7, 255, 255, 255, 255]),
    };
    const out = await srgbToFrame(source, frame);
    const scale = depth === 8 ? 1 : 257;
    expect(out.channels).toBe(4);
    [127.5, 127.5, 127.5, 7, 255, 255, 255, 255].forEach((v, i) =>
      expect(Math.abs(out.data[i]! / scale - v)).toBeLessThan(2),
    );
  });
});

describe('srgbToFrame', () => {
  it.each([
    [8, adobeRgbProfile()],
    [16, adobeRgbProfile()],
    [8, displayP3Profile()],
    [16, displayP3Profile()],
  ] as const)('goes back through toSrgb8 (%i bits)', async (depth, icc) => {
    const frame = frameOf(depth === 8 ? noise8(4, 4, 3, 1) : noise16(4, 4, 3, 1), icc);
    for (const source of [noise8(32, 16, 3, 5), noise16(32, 16, 3, 5)]) {
      const own = await srgbToFrame(source, frame);
      expect([own.channels, own.data instanceof Uint16Array]).toEqual([3, depth === 16]);
      const back = await toSrgb8(frameOf(own, icc));
      const scale = source.data instanceof Uint16Array ? 257 : 1;
      let worst = 0;
      back.data.forEach((v, i) => {
        worst = Math.max(worst, Math.abs(v - source.data[i]! / scale));
      });
      // Adobe RGB in 8 bits cannot hold every sRGB colour of 8 bits: dark ones are spread by the steep inverse curve.
      expect(worst).toBeLessThan(depth === 8 ? 8 : 1.5);
    }
  });

  it('only changes the depth where the profile is sRGB or absent', async () => {
    const source = noise8(8, 8, 3, 2);
    for (const icc of [null, srgbProfile()]) {
      expect((await srgbToFrame(source, frameOf(noise8(1, 1, 3, 1), icc))).data).toEqual(source.data);
      const wide = await srgbToFrame(source, frameOf(noise16(1, 1, 3, 1), icc));
      expect([...wide.data]).toEqual([...source.data].map((v) => v * 257));
    }
  });

  it('gives grey frames luminance and frames with alpha an opaque one, and keeps a given alpha', async () => {
    const source = { width: 2, height: 1, channels: 3, data: new Uint8Array([200, 30, 60, 77, 77, 77]) };
    const y =
      0.2126 * srgbToLinear(200 / 255) + 0.7152 * srgbToLinear(30 / 255) + 0.0722 * srgbToLinear(60 / 255);
    const grey = await srgbToFrame(source, frameOf(noise8(1, 1, 1, 1), null));
    expect(grey.channels).toBe(1);
    expect(Math.abs(grey.data[0]! - linearToSrgb(y) * 255)).toBeLessThan(1);
    expect(grey.data[1]).toBe(77);
    const withAlpha = await srgbToFrame(source, frameOf(noise16(1, 1, 4, 1), null));
    expect([...withAlpha.data]).toEqual([200, 30, 60, 255, 77, 77, 77, 255].map((v) => v * 257));
    const rgba = { width: 1, height: 1, channels: 4, data: new Uint8Array([1, 2, 3, 4]) };
    expect([...(await srgbToFrame(rgba, frameOf(noise8(1, 1, 3, 1), null))).data]).toEqual([1, 2, 3, 4]);
    const profiled = await srgbToFrame(rgba, frameOf(noise8(1, 1, 3, 1), adobeRgbProfile()));
    expect([profiled.channels, profiled.data[3]]).toEqual([4, 4]);
  });

  it('follows a grey profile', async () => {
    for (const raster of [noise8(1, 1, 1, 1), noise16(1, 1, 1, 1)]) {
      const out = await srgbToFrame(
        { width: 1, height: 1, channels: 3, data: new Uint8Array([128, 128, 128]) },
        frameOf(raster, greyProfile('linear', gammaTag(1))),
      );
      const scale = raster.data instanceof Uint16Array ? 65535 : 255;
      expect(out.channels).toBe(1);
      expect(Math.abs(out.data[0]! / scale - srgbToLinear(128 / 255))).toBeLessThan(0.006);
    }
  });
});
