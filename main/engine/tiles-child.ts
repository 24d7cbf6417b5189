import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { toErrorRecord } from '../errors.ts';
import { inspectPhoto } from '../imaging/inspect-photo.ts';
import { thumbnailOf } from '../imaging/thumbnail.ts';
import { linkToParent } from './parent-link.ts';
import { isPipe, toTiles } from './protocol.ts';
import { encodeThumbnail, encodeTile } from './tiles/encode-tile.ts';
import { PictureLibrary } from './tiles/library.ts';
import { type EncodedPicture, tileRequest, type TileRequest } from './tiles/protocol.ts';

/**
 * The *tiles* process: reads the open project beside pixels and serves what the viewer shows, over HTTP on a local
 * socket, so that no run delays the window.
 */
const parent = linkToParent();
const libraries = new Map<string, PictureLibrary>();

let endpoint: string | undefined;

parent.onMessage((raw) => {
  const message = toTiles.parse(raw);
  if (message.type === 'close') return leave();
  endpoint = message.endpoint;
  const server = createServer(serve);
  // Its one client keeps connections for as long as it likes: closed under it they would cost a tile.
  server.keepAliveTimeout = 0;
  server.listen(endpoint, () => parent.send({ type: 'ready' }));
});
parent.onGone(() => {
  if (endpoint && !isPipe(endpoint)) rmSync(dirname(endpoint), { recursive: true, force: true });
  leave();
});

function leave(): void {
  for (const library of libraries.values()) library.close();
  process.exit(0);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const query = new URL(request.url ?? '/', 'http://tiles').searchParams.get('q') ?? '';
    const answer = await perform(tileRequest.parse(JSON.parse(query)), () => request.socket.destroyed);
    if (answer === null) return void response.destroy();
    const { type, bytes } = answer;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
  } catch (error) {
    const record = toErrorRecord(error);
    response.writeHead(record.kind === 'request' ? 404 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(record));
  }
}

/** @param isGone true once nobody waits for the answer any more: then nothing is encoded for it */
async function perform(
  request: TileRequest,
  isGone: () => boolean,
): Promise<EncodedPicture | { type: string; bytes: Uint8Array } | null> {
  if (request.op === 'close') {
    libraries.get(request.project)?.close();
    libraries.delete(request.project);
    return json(null);
  }
  if (request.op === 'inspect') return json(await inspectPhoto(request.path, request.name));
  if (request.op === 'file')
    return { type: 'image/jpeg', bytes: await thumbnailOf(request.path, request.side) };
  const { layer } = request;
  const library = openLibrary(layer.project);
  switch (request.op) {
    case 'info':
      return json(await library.info(layer));
    case 'sample':
      return json(await library.sample(layer, request.x, request.y));
    case 'tile': {
      const { picture, icc } = await library.read(layer, request.level, request);
      return isGone() ? null : encodeTile(picture, icc, request.level, request.tint);
    }
    case 'thumbnail': {
      const { width, height, levels } = await library.info(layer);
      let level = 0;
      while (level + 1 < levels && Math.max(width, height) / 2 ** (level + 1) >= request.side) level += 1;
      const { picture, icc } = await library.read(layer, level, null);
      return encodeThumbnail(picture, icc, request.side);
    }
  }
}

function json(value: unknown): { type: string; bytes: Uint8Array } {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
}

function openLibrary(project: string): PictureLibrary {
  let library = libraries.get(project);
  if (!library) {
    library = new PictureLibrary(project);
    libraries.set(project, library);
  }
  return library;
}
