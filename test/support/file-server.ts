import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server treats one path. */
export interface Served {
  content: Uint8Array;
  /**
   * Cuts the connection after so many bytes of the body, once per entry, and not before the promise says so: what is on
   * its way when a connection is cut is lost.
   */
  cuts?: { readonly after: number; readonly when: Promise<void> }[];
  /** Answers with this status and nothing else. */
  status?: number;
  /** Sends no ETag and no date, so that nothing can be resumed. */
  anonymous?: boolean;
  /** Sends to another path first, with these headers. */
  redirect?: { readonly to: string; readonly headers?: Readonly<Record<string, string>> };
  /** Called when this many bytes have been sent; the rest waits for its promise. */
  pause?: { readonly after: number; readonly until: Promise<void> };
}

/** A real HTTP server with Range, If-Range and ETag, which fails where it is told to. */
export interface FileServer {
  readonly url: string;
  readonly files: Map<string, Served>;
  /** Requests so far: method, path and Range. */
  readonly requests: { readonly path: string; readonly range: string | undefined }[];
  /** Bytes of bodies sent so far. */
  sent(): number;
  close(): Promise<void>;
}

export async function serveFiles(files: Readonly<Record<string, Served>> = {}): Promise<FileServer> {
  const served = new Map(Object.entries(files));
  const requests: { path: string; range: string | undefined }[] = [];
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    requests.push({ path, range: request.headers.range });
    const file = served.get(path);
    if (!file) return void response.writeHead(404).end();
    void answer(file, request, response, (count) => (bytes += count)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: served,
    requests,
    sent: () => bytes,
    close: () => closeServer(server),
  };
}

async function answer(
  file: Served,
  request: IncomingMessage,
  response: ServerResponse,
  count: (bytes: number) => void,
): Promise<void> {
  if (file.status) return void response.writeHead(file.status).end();
  if (file.redirect) {
    return void response.writeHead(302, { location: file.redirect.to, ...file.redirect.headers }).end();
  }
  const etag = `"${createHash('sha1').update(file.content).digest('hex')}"`;
  const whole = file.content.length;
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const isSame = !request.headers['if-range'] || request.headers['if-range'] === etag;
  const start = match && isSame && !file.anonymous ? Number(match[1]) : 0;
  if (start >= whole && start > 0) {
    return void response.writeHead(416, { 'content-range': `bytes */${whole}` }).end();
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': whole - start,
    ...(file.anonymous ? {} : { etag, 'accept-ranges': 'bytes' }),
    ...(start > 0 ? { 'content-range': `bytes ${start}-${whole - 1}/${whole}` } : {}),
  });
  const cut = file.cuts?.shift();
  const end = cut === undefined ? whole : Math.min(whole, start + cut.after);
  if (file.pause && start < file.pause.after) {
    await send(response, file.content.subarray(start, file.pause.after), count);
    await file.pause.until;
    await send(response, file.content.subarray(file.pause.after, end), count);
  } else await send(response, file.content.subarray(start, end), count);
  if (cut === undefined) return void response.end();
  await cut.when;
  response.destroy();
}

function send(response: ServerResponse, piece: Uint8Array, count: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => {
      if (error) return reject(error);
      count(piece.length);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
