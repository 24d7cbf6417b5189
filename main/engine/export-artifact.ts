import type { z } from 'zod';
import { CancelledError } from '../errors.ts';
import { writeFrame, type EncodeOptions } from '../imaging/encode.ts';
import type { Frame } from '../imaging/frame.ts';
import { readCarriedMetadata } from '../imaging/metadata/exif.ts';
import { createRaster, type Raster } from '../imaging/raster.ts';
import { type Converted, toTaggedSrgb } from '../imaging/srgb.ts';
import type { Size } from '../imaging/window.ts';
import { writeFileAtomic } from '../imaging/write-file.ts';
import { writeRows } from '../imaging/write-rows.ts';
import type { LruCache } from './lru-cache.ts';
import type { ProjectSession } from './project-session.ts';
import type { exportRequest, ExportResult } from './protocol.ts';

/** An artifact of more than this many bytes is never read whole. */
const LARGE_BYTES = 128 << 20;

/** Stops that lie between middle grey and white, and middle grey and black, in a picture of gains. */
const GAIN_STOPS = 3;

type Request = z.output<typeof exportRequest>;
type Picture = Request['picture'];

/**
 * Writes a stored artifact to a file, whole or not at all.
 * @returns the picture's size; null for json
 * @throws RequestError where the target cannot be written or the format cannot hold it
 */
export async function exportArtifact(
  request: Request,
  session: ProjectSession,
  cache: LruCache,
  signal: AbortSignal,
): Promise<ExportResult> {
  if (request.picture === 'json') {
    const value = await session.json(request.source.artifact);
    await writeFileAtomic(request.path, [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
    return { width: null, height: null };
  }
  const { rawBytes, window, dtype } = session.artifact(request.source.artifact);
  const isLarge = rawBytes > LARGE_BYTES && !window;
  if (isLarge && (dtype === 'u8' || dtype === 'u16'))
    return exportRows(request, dtype, session, cache, signal);
  const raster = request.windowOnly
    ? (await session.window(request.source)).raster
    : await session.raster(request.source);
  const picture = toPicture(raster, request.picture);
  const options = await encodeOptions(request, picture, session);
  const { raster: asked, icc } = wantsSrgb(request)
    ? await toTaggedSrgb(picture, options.icc)
    : { raster: picture, icc: options.icc };
  await writeFrame(request.path, asked, { ...options, icc });
  return { width: picture.width, height: picture.height };
}

/** The delivered frame may be as large as everything else together: nothing else is kept, and it goes by in bands. */
async function exportRows(
  request: Request,
  dtype: 'u8' | 'u16',
  session: ProjectSession,
  cache: LruCache,
  signal: AbortSignal,
): Promise<ExportResult> {
  const { artifact } = request.source;
  const [height = 0, width = 0, channels = 0] = session.artifact(artifact).shape;
  const options = await encodeOptions(request, { width, height }, session);
  cache.clear();
  const rows = untilAborted(session.rows(artifact), signal);
  const shape = { width, height, channels, dtype };
  if (wantsSrgb(request)) await writeSrgbRows(request.path, shape, rows, options);
  else await writeRows(request.path, shape, rows, options);
  return { width, height };
}

/** Bands are converted as they pass; the first one tells what the profile makes of depth and channels. */
async function writeSrgbRows(
  path: string,
  shape: Parameters<typeof writeRows>[1],
  rows: AsyncIterable<Raster>,
  options: EncodeOptions,
): Promise<void> {
  const bands = convertRows(rows, options.icc);
  const first = await bands.next();
  if (first.done) throw new TypeError('Expected at least one band');
  const { raster, icc } = first.value;
  const { channels, data } = raster;
  const converted = { ...shape, channels, dtype: data instanceof Uint16Array ? 'u16' : 'u8' } as const;
  const all = async function* () {
    yield raster;
    for await (const band of bands) yield band.raster;
  };
  await writeRows(path, converted, all(), { ...options, icc });
}

async function* convertRows(rows: AsyncIterable<Raster>, icc: Uint8Array | null): AsyncGenerator<Converted> {
  for await (const band of rows) yield toTaggedSrgb(band as Frame['raster'], icc);
}

function wantsSrgb({ picture, profile }: Request): boolean {
  return picture === 'frame' && profile === 'srgb';
}

async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal.aborted) throw new CancelledError();
    yield item;
  }
}

async function encodeOptions(request: Request, size: Size, session: ProjectSession): Promise<EncodeOptions> {
  const { format, quality, dpi } = request;
  const icc = request.picture === 'frame' ? (await session.frame(null)).icc : null;
  const options = { format, icc, dpi, ...(quality === undefined ? {} : { quality }) };
  const source = request.metadata ? session.project.source() : null;
  if (!source) return options;
  const carried = await readCarriedMetadata(source, size);
  return { ...options, exif: carried.exif, xmp: carried.xmp, dpi: dpi ?? carried.dpi };
}

/** The samples a picture file gets: u8 and u16 as they are, f32 as {@link Picture} says. */
export function toPicture(raster: Raster, picture: Picture): Frame['raster'] {
  const { data, width, height, channels } = raster;
  if (!(data instanceof Float32Array)) return { width, height, channels, data } as Frame['raster'];
  switch (picture) {
    case 'logits':
      return mapSamples(raster, createRaster('u8', width, height, channels), (v) => 255 / (1 + Math.exp(-v)));
    case 'gains':
      return mapSamples(
        raster,
        createRaster('u8', width, height, channels),
        (v) => 127.5 * (1 + Math.log2(Math.max(v, 1e-6)) / GAIN_STOPS),
      );
    default:
      return mapSamples(raster, createRaster('u16', width, height, channels), (v) => v * 65535);
  }
}

/** Rounds and clamps to the target's range; NaN becomes 0. */
function mapSamples<R extends Frame['raster']>(from: Raster, to: R, map: (value: number) => number): R {
  const top = to.data instanceof Uint8Array ? 255 : 65535;
  for (let i = 0; i < from.data.length; i++)
    to.data[i] = Math.min(top, Math.max(0, map(from.data[i]!))) + 0.5;
  return to;
}
