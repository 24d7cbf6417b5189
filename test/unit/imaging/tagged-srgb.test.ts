import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { isSrgbProfile } from '../../../main/imaging/color/icc.ts';
import { nameProfile } from '../../../main/imaging/color/icc-name.ts';
import { toTaggedSrgb } from '../../../main/imaging/srgb.ts';
import { adobeRgbProfile, displayP3Profile, gammaTag, greyProfile, lookupProfile } from './icc-fixtures.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

describe('nameProfile', () => {
  it('reads a description of version 2', () => {
    expect(nameProfile(adobeRgbProfile())).toBe('Adobe RGB (1998) alike');
    expect(nameProfile(displayP3Profile())).toBe('Display P3 alike');
  });

  it('reads a description of version 4, in English', async () => {
    const { icc } = await toTaggedSrgb(noise8(2, 2, 3, 1), null);
    expect(nameProfile(icc)).toMatch(/sRGB/);
    const { icc: p3 } = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
      .then((png) => sharp(png).metadata());
    expect(nameProfile(new Uint8Array(p3!))).toMatch(/P3/i);
  });

  it('says nothing of bytes that are no profile, or are cut off', () => {
    expect(nameProfile(new Uint8Array(10))).toBeNull();
    expect(nameProfile(new Uint8Array(300).fill(255))).toBeNull();
    const cut = adobeRgbProfile().slice(0, 200);
    expect(() => nameProfile(cut)).not.toThrow();
  });
});

describe('toTaggedSrgb', () => {
  it('leaves samples alone that are sRGB, and tags them as that', async () => {
    const raster = noise8(16, 8, 3, 1);
    const { raster: same, icc } = await toTaggedSrgb(raster, null);
    expect(same.data).toEqual(raster.data);
    expect(isSrgbProfile(icc)).toBe(true);
  });

  it('keeps 16 bits and alpha, and changes what another profile means', async () => {
    const raster = noise16(16, 8, 4, 1);
    const { raster: converted } = await toTaggedSrgb(raster, adobeRgbProfile());
    expect(converted.data).toBeInstanceOf(Uint16Array);
    expect(converted.channels).toBe(4);
    const alpha = (data: ArrayLike<number>) => Array.from({ length: 128 }, (_, i) => data[4 * i + 3]);
    expect(alpha(converted.data)).toEqual(alpha(raster.data));
    expect(converted.data).not.toEqual(raster.data);
  });

  it('gives the same for bands as for the whole', async () => {
    const whole = noise8(10, 8, 3, 2);
    const { raster: all } = await toTaggedSrgb(whole, adobeRgbProfile());
    const lower = { ...whole, height: 4, data: whole.data.slice(10 * 4 * 3) };
    const { raster: band } = await toTaggedSrgb(lower, adobeRgbProfile());
    expect(band.data).toEqual(all.data.slice(10 * 4 * 3));
  });

  it('gives 8 bits where the profile is made of tables, and RGB for grey of its own', async () => {
    expect((await toTaggedSrgb(noise16(8, 8, 3, 1), lookupProfile())).raster.data).toBeInstanceOf(Uint8Array);
    const grey = await toTaggedSrgb(noise8(8, 8, 1, 1), greyProfile('grey', gammaTag(2.2)));
    expect(grey.raster.channels).toBe(3);
  });
});
