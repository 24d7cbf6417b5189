import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Origins } from './origins.ts';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

export interface SchemeServer {
  readonly port: number;
  close(): void;
}

export interface SchemeServerOptions {
  readonly origins: Origins;
  handlerOf(scheme: string): SchemeHandler | undefined;
  /** Whether pages of other origins may read answers of this scheme. */
  corsEnabled(scheme: string): boolean;
}

/**
 * Serves the app's schemes to Chromium, bodies as the streams that they are. Requests that do not name a secret
 * origin (those of other programs on this machine) are cut off.
 */
export async function serveSchemes(options: SchemeServerOptions): Promise<SchemeServer> {
  const server: Server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!isAbort(error)) process.stderr.write(`A scheme's handler failed: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  { origins, handlerOf, corsEnabled }: SchemeServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const base = origins.ofHostHeader(incoming.headers.host);
  const scheme = base?.slice(0, base.indexOf(':')) ?? '';
  const handler = handlerOf(scheme);
  if (!base || !handler) return void incoming.destroy();
  // Chromium asks for it by itself; Electron never does.
  if (incoming.url === '/favicon.ico') return void outgoing.writeHead(204).end();
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const response = await handler(toRequest(base + incoming.url, incoming, gone.signal));
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers)
    headers[name] = name === 'content-security-policy' ? origins.translatePolicy(value) : value;
  if (corsEnabled(scheme)) headers['access-control-allow-origin'] ??= '*';
  outgoing.writeHead(response.status, headers);
  if (response.body) await pipeline(Readable.fromWeb(response.body), outgoing);
  else outgoing.end();
}

function toRequest(url: string, incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined && name !== 'host')
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  const method = incoming.method ?? 'GET';
  const init: RequestInit = { method, headers, signal };
  if (method === 'GET' || method === 'HEAD') return new Request(url, init);
  return new Request(url, { ...init, body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' });
}

function isAbort(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR';
}
