import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSrgbProfile, summarizeIcc } from './color/icc.ts';
import { shaperToSrgb, srgbToGrey, srgbToShaper } from './color/shaper.ts';
import type { Frame } from './frame.ts';
import { wrapTiff } from './metadata/tiff.ts';
import type { Raster } from './raster.ts';
import { resizeRaster } from './resize.ts';
import { hasAlpha, toDepth } from './samples.ts';
import { sharp } from './vips.ts';

/** What transparent pixels show in the copies that models and the window get: sRGB middle grey. */
const NEUTRAL = 128;

/**
 * A 3-channel 8-bit sRGB copy of a frame for models and for looking at: scaled so that the long side is at most
 * `longSide` (antialiased, in the frame's own encoding), converted through the embedded profile (perceptual intent),
 * alpha laid over neutral grey. Without `longSide` at full size.
 */
export async function toSrgb8(
  frame: Frame,
  options: { readonly longSide?: number } = {},
): Promise<Raster<Uint8Array>> {
  const { width, height } = frame.raster;
  const factor = Math.min(1, (options.longSide ?? Number.POSITIVE_INFINITY) / Math.max(width, height));
  const small =
    factor < 1
      ? await resizeRaster(
          frame.raster,
          Math.max(1, Math.round(width * factor)),
          Math.max(1, Math.round(height * factor)),
        )
      : frame.raster;
  const converted = hasUsableProfile(frame.icc, small.channels)
    ? await convertToSrgb(small, frame.icc!)
    : small;
  return flattenToRgb(toDepth(converted, 8));
}

/** A picture in sRGB, tagged as that. */
export interface Converted {
  readonly raster: Frame['raster'];
  readonly icc: Uint8Array;
}

/**
 * Samples of a photo, or of a band of its rows, in `icc` → sRGB in their own depth (8 bits where the profile is made
 * of lookup tables), grey as RGB where it has a profile of its own. Null is sRGB already. Alpha is kept.
 */
export async function toTaggedSrgb(raster: Frame['raster'], icc: Uint8Array | null): Promise<Converted> {
  const usable = hasUsableProfile(icc, raster.channels);
  return { raster: usable ? await convertToSrgb(raster, icc!) : raster, icc: await srgbProfile() };
}

let profile: Promise<Uint8Array> | undefined;

/** libvips' own sRGB profile. */
function srgbProfile(): Promise<Uint8Array> {
  const pixel = { create: { width: 1, height: 1, channels: 3, background: 'black' } } as const;
  profile ??= sharp(pixel)
    .withIccProfile('srgb')
    .png()
    .toBuffer()
    .then((png) => sharp(png).metadata())
    .then(({ icc }) => new Uint8Array(icc ?? []));
  return profile;
}

/** True where a profile says something else than sRGB and fits the channels; a foreign one is ignored, as viewers do. */
function hasUsableProfile(icc: Uint8Array | null, channels: number): boolean {
  if (!icc || isSrgbProfile(icc)) return false;
  return summarizeIcc(icc)?.space === (channels >= 3 ? 'RGB' : 'GRAY');
}

/**
 * Samples in `icc` → RGB samples in sRGB; alpha is kept. Lookup-table profiles give 8 bits, which is what the only
 * caller wants: libvips would take 16-bit samples through Display P3 and leave 16-bit grey as it is.
 */
async function convertToSrgb(raster: Frame['raster'], icc: Uint8Array): Promise<Frame['raster']> {
  const shaper = summarizeIcc(icc)?.shaper;
  if (shaper) return shaperToSrgb(raster, shaper);
  const image = sharp(wrapTiff(toDepth(raster, 8), icc), { limitInputPixels: false });
  return rawSamples(image.toColourspace('srgb'), 8);
}

async function rawSamples(image: ReturnType<typeof sharp>, depth: 8 | 16): Promise<Frame['raster']> {
  const { data, info } = await image
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (depth === 8)
    return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  return { width, height, channels, data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2) };
}

/** Any 1–4 channel u8 raster → RGB, alpha laid over neutral grey. */
function flattenToRgb(raster: Raster<Uint8Array>): Raster<Uint8Array> {
  const { width, height, channels, data } = raster;
  if (channels === 3) return raster;
  const pixels = width * height;
  const out = new Uint8Array(pixels * 3);
  const green = channels === 4 ? 1 : 0;
  const blue = channels === 4 ? 2 : 0;
  const alphaAt = hasAlpha(raster) ? channels - 1 : -1;
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += channels, to += 3) {
    const a = alphaAt < 0 ? 255 : data[from + alphaAt]!;
    const rest = NEUTRAL * (255 - a) + 127;
    out[to] = ((data[from]! * a + rest) / 255) | 0;
    out[to + 1] = ((data[from + green]! * a + rest) / 255) | 0;
    out[to + 2] = ((data[from + blue]! * a + rest) / 255) | 0;
  }
  return { width, height, channels: 3, data: out };
}

/**
 * sRGB samples (RGB or RGB + straight alpha, u8 or u16) → the frame's depth, profile and channels: grey frames get
 * luminance, frames with alpha an opaque one. An alpha given is kept, whether the frame has one or not.
 * Colours outside the frame's gamut are clipped by the profile.
 */
export async function srgbToFrame(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  frame: Frame,
): Promise<Frame['raster']> {
  if (raster.channels !== 3 && raster.channels !== 4)
    throw new TypeError(`Expected 3 or 4 channels but received ${raster.channels}`);
  const { channels, depth } = frame.info;
  // Sixteen bits on either side are used for the conversion; only its result is rounded to the frame's depth.
  const source = depth === 16 ? toDepth(raster, 16) : raster;
  const icc = hasUsableProfile(frame.icc, channels) ? frame.icc : null;
  const converted = icc
    ? await convertFromSrgb(source, icc)
    : channels <= 2
      ? srgbToGrey(source, null)
      : source;
  const colored = toDepth(converted, depth);
  return hasAlpha(frame.raster) && !hasAlpha(colored) ? addOpaqueAlpha(colored) : colored;
}

/** sRGB → samples in `icc`, same depth. */
async function convertFromSrgb(raster: Frame['raster'], icc: Uint8Array): Promise<Frame['raster']> {
  const shaper = summarizeIcc(icc)?.shaper;
  if (shaper) return shaper.colorants ? srgbToShaper(raster, shaper) : srgbToGrey(raster, shaper.curves[0]!);
  const file = join(tmpdir(), `davenport-${randomBytes(8).toString('hex')}.icc`);
  await writeFile(file, icc, { flag: 'wx', mode: 0o600 });
  try {
    const { width, height, channels, data } = raster;
    if (data instanceof Uint8Array) {
      const image = sharp(data, {
        raw: { width, height, channels: channels as 3 | 4 },
        limitInputPixels: false,
      });
      return await rawSamples(image.withIccProfile(file), 8);
    }
    // Raw 16-bit samples would be taken for Display P3: the wrapped profile says that they are sRGB.
    const image = sharp(wrapTiff(raster, await srgbProfileBytes()), { limitInputPixels: false });
    return await rawSamples(image.toColourspace('rgb16').withIccProfile(file), 16);
  } finally {
    await rm(file, { force: true });
  }
}

let srgbBytes: Promise<Uint8Array> | undefined;

/** libvips' own sRGB profile. */
function srgbProfileBytes(): Promise<Uint8Array> {
  srgbBytes ??= sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .withIccProfile('srgb')
    .png()
    .toBuffer()
    .then((png) => sharp(png).metadata())
    .then((header) => new Uint8Array(header.icc!));
  return srgbBytes;
}

function addOpaqueAlpha(raster: Frame['raster']): Frame['raster'] {
  const { width, height, channels, data } = raster;
  const more = channels + 1;
  const out = new (data.constructor as Uint8ArrayConstructor | Uint16ArrayConstructor)(width * height * more);
  const opaque = data instanceof Uint16Array ? 65535 : 255;
  for (let from = 0, to = 0; from < data.length; from += channels, to += more) {
    for (let c = 0; c < channels; c++) out[to + c] = data[from + c]!;
    out[to + channels] = opaque;
  }
  return { width, height, channels: more, data: out } as Frame['raster'];
}
