import { Agent, request } from 'node:http';
import type { FoundPhoto } from '../imaging/inspect-photo.ts';
import { type ErrorRecord, fromErrorRecord, MachineError } from '../errors.ts';
import { type ChildHost, defaultChildHost } from './child-host.ts';
import { privateFolder } from './private-folder.ts';
import { describeExit, SupervisedChild } from './supervised-child.ts';
import type { EncodedPicture, LayerInfo, LayerSource, TileRequest } from './tiles/protocol.ts';

export type { EncodedPicture, LayerInfo, LayerSource } from './tiles/protocol.ts';

/** The viewer's side of the tiles process. Every method throws DavenportErrors; a child that ended is started again. */
export interface Tiles {
  /** Size and levels of a layer. */
  info(layer: LayerSource, signal?: AbortSignal): Promise<LayerInfo>;
  /**
   * One tile, encoded with its profile; level 0 is full size and exact.
   * @param tint `rrggbb`: a mask comes as this colour, its samples as alpha
   */
  tile(
    layer: LayerSource,
    at: { readonly level: number; readonly column: number; readonly row: number; readonly tint?: string },
    signal?: AbortSignal,
  ): Promise<EncodedPicture>;
  /** The whole picture with a long side of at most `side` pixels. */
  thumbnail(layer: LayerSource, side: number, signal?: AbortSignal): Promise<EncodedPicture>;
  /** A small upright JPEG of a picture file, its long side at most `side` pixels. */
  file(path: string, side: number): Promise<EncodedPicture>;
  /** A photo file's size by its header, or its problem. @param name as it is listed */
  inspect(path: string, name: string): Promise<FoundPhoto>;
  /** The stored samples at a pixel of the layer. */
  sample(layer: LayerSource, x: number, y: number): Promise<readonly number[]>;
  /** Lets go of a project's file, so that it can be moved or is a single one. */
  closeProject(project: string): Promise<void>;
  close(): Promise<void>;
  readonly pid: number | undefined;
}

/** Starts the tiles process when it is first needed. */
export function startTiles(host: ChildHost = defaultChildHost()): Tiles {
  const folder = privateFolder();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const child = new SupervisedChild(host, 'tiles', () => {
    const endpoint = folder.endpoint('tiles');
    return { init: { type: 'init', endpoint }, address: endpoint };
  });
  let closed = false;

  async function ask(query: TileRequest, signal?: AbortSignal): Promise<{ type: string; bytes: Uint8Array }> {
    if (closed) throw new MachineError('The viewer’s process has been closed', 'Open the project again');
    const socketPath = await child.ensure();
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        if (signal?.aborted) return reject(signal.reason);
        void Promise.race([child.ended, new Promise((r) => setTimeout(r, 200))]).then(() =>
          reject(
            child.pid === undefined
              ? describeExit('tiles', child.lastExit, child.lastWords, { words: 'the view', id: query.op })
              : error,
          ),
        );
      };
      const path = `/?q=${encodeURIComponent(JSON.stringify(query))}`;
      request({ agent, socketPath, path, ...(signal ? { signal } : {}) }, (response) => {
        const pieces: Buffer[] = [];
        response.on('error', fail);
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const bytes = Buffer.concat(pieces);
          if (response.statusCode === 200)
            return resolve({ type: String(response.headers['content-type']), bytes });
          reject(fromErrorRecord(JSON.parse(bytes.toString()) as ErrorRecord));
        });
      })
        .on('error', fail)
        .end();
    });
  }
  const askJson = async (query: TileRequest, signal?: AbortSignal) =>
    JSON.parse(Buffer.from((await ask(query, signal)).bytes).toString()) as unknown;

  return {
    info: async (layer, signal) => (await askJson({ op: 'info', layer }, signal)) as LayerInfo,
    tile: async (layer, at, signal) => (await ask({ op: 'tile', layer, ...at }, signal)) as EncodedPicture,
    thumbnail: async (layer, side, signal) =>
      (await ask({ op: 'thumbnail', layer, side }, signal)) as EncodedPicture,
    file: async (path, side) => (await ask({ op: 'file', path, side })) as EncodedPicture,
    inspect: async (path, name) => (await askJson({ op: 'inspect', path, name })) as FoundPhoto,
    sample: async (layer, x, y) => (await askJson({ op: 'sample', layer, x, y })) as number[],
    async closeProject(project) {
      if (child.pid !== undefined) await ask({ op: 'close', project });
    },
    async close() {
      closed = true;
      agent.destroy();
      await child.end({ type: 'close' }, 1000);
      folder.remove();
    },
    get pid() {
      return child.pid;
    },
  };
}
