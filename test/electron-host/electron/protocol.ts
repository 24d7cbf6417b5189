import { createReadStream, statSync } from 'node:fs';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Origins } from '../origins.ts';
import type { SchemeHandler } from '../scheme-server.ts';
import { strict } from '../strict.ts';
import { runtime } from './runtime.ts';

const privileged = new Map<string, Electron.Privileges>();
const handlers = new Map<string, SchemeHandler>();

/** The app's handler of a scheme. */
export function handlerOf(scheme: string): SchemeHandler | undefined {
  return handlers.get(scheme);
}

export function privilegesOf(scheme: string): Electron.Privileges {
  return privileged.get(scheme) ?? {};
}

export function privilegedSchemes(): string[] {
  return [...privileged.keys()];
}

type KnownProtocol = Pick<
  Electron.Protocol,
  'registerSchemesAsPrivileged' | 'handle' | 'unhandle' | 'isProtocolHandled'
>;

class HostProtocol implements KnownProtocol {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    if (runtime.isReady)
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    // In Electron a second call silently takes the place of the first.
    if (privileged.size > 0) throw new Error('protocol.registerSchemesAsPrivileged should be called once');
    for (const { scheme, privileges = {} } of schemes) privileged.set(scheme, privileges);
    runtime.origins = new Origins(privileged.keys());
  }

  handle(scheme: string, handler: SchemeHandler): void {
    if (!runtime.isReady) throw new Error('protocol.handle can only be used after app is ready');
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    if (!privileged.get(scheme)?.standard)
      throw new Error(
        `The development host serves privileged standard schemes alone, and ${scheme} is not one`,
      );
    handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    if (!handlers.delete(scheme)) throw new Error(`Failed to unhandle protocol: ${scheme}`);
  }

  isProtocolHandled(scheme: string): boolean {
    return handlers.has(scheme);
  }
}

export const protocol = strict('protocol', new HostProtocol());

const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** A file as Electron answers it: the whole of it, ranges are not heeded. */
function fetchFile(url: string): Response {
  const path = fileURLToPath(url);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error('net::ERR_FILE_NOT_FOUND');
  const type = MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
  return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, {
    headers: { 'content-type': type },
  });
}

export const net = strict('net', {
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const scheme = new URL(request.url).protocol.slice(0, -1);
    if (scheme === 'file') return fetchFile(request.url);
    const handler = handlers.get(scheme);
    return handler ? handler(request) : fetch(request);
  },
  isOnline: () => true,
  get online() {
    return true;
  },
});
