import type { LayerSource } from '../engine/tiles/protocol.ts';
import type { EncodedPicture, Tiles } from '../engine/tiles.ts';
import { DavenportError } from '../errors.ts';
import { tintGreyPng } from './tint-png.ts';
import { type Pictures, type SmallPicture, THUMBNAIL_SIDE } from './pictures.ts';

/** Where the window's pictures come from. */
export interface PictureSources {
  readonly tiles: Tiles;
  readonly pictures: Pictures;
  /** What an id shows; undefined for one that nothing open has. */
  layer(id: string): LayerSource | undefined;
}

type Address =
  | {
      readonly kind: 'tile';
      readonly layer: string;
      readonly level: number;
      readonly column: number;
      readonly row: number;
    }
  | { readonly kind: 'thumb'; readonly layer: string }
  | { readonly kind: 'picture'; readonly id: string };

/** An id shows the same picture for ever, and nobody else is to keep it. */
const FOREVER = 'private, max-age=31536000, immutable';

/** Answers a request for a picture. @param path below `picturesPath`; see preload/names.ts */
export async function answerPicture(
  path: string,
  query: URLSearchParams,
  { headers, signal }: Pick<Request, 'headers' | 'signal'>,
  sources: PictureSources,
): Promise<Response> {
  const address = parseAddress(path);
  const tint = query.get('tint');
  if (!address || (tint !== null && !/^[0-9a-f]{6}$/.test(tint))) return new Response(null, { status: 404 });
  // Ids are never used twice, so the address says everything about the content.
  const tag = `"${path.replaceAll('/', '.')}${tint ? `.${tint}` : ''}"`;
  if (headers.get('if-none-match') === tag) return new Response(null, { status: 304 });
  try {
    const picture = await find(address, tint, signal, sources);
    if (!picture) return new Response(null, { status: 404 });
    return new Response(new Uint8Array(picture.bytes), {
      headers: {
        'content-type': picture.type,
        'cache-control': FOREVER,
        etag: tag,
        'x-content-type-options': 'nosniff',
      },
    });
  } catch (error) {
    if (signal.aborted) return new Response(null, { status: 499 });
    const isRequest = error instanceof DavenportError && error.kind === 'request';
    return new Response(null, { status: isRequest ? 404 : 500 });
  }
}

async function find(
  address: Address,
  tint: string | null,
  signal: AbortSignal,
  { tiles, pictures, layer }: PictureSources,
): Promise<EncodedPicture | SmallPicture | null> {
  if (address.kind === 'picture') {
    const picture = await pictures.find(address.id);
    if (!picture || tint === null || picture.type !== 'image/png') return picture;
    return { bytes: tintGreyPng(picture.bytes, tint), type: picture.type };
  }
  const source = layer(address.layer);
  // What a run that samples shows of itself is small already.
  if (!source) return address.kind === 'thumb' ? pictures.find(address.layer) : null;
  if (address.kind === 'thumb') return tiles.thumbnail(source, THUMBNAIL_SIDE, signal);
  const { level, column, row } = address;
  return tiles.tile(source, { level, column, row, ...(tint === null ? {} : { tint }) }, signal);
}

function parseAddress(path: string): Address | null {
  const tile = /^layer\/([\w-]{1,64})\/(\d{1,2})\/(\d{1,5})_(\d{1,5})$/.exec(path);
  if (tile) {
    const [, layer = '', level, column, row] = tile;
    return { kind: 'tile', layer, level: Number(level), column: Number(column), row: Number(row) };
  }
  const small = /^(thumb|picture)\/([\w-]{1,64})$/.exec(path);
  if (!small) return null;
  const [, kind, id = ''] = small;
  return kind === 'thumb' ? { kind, layer: id } : { kind: 'picture', id };
}
