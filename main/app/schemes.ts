import { protocol } from 'electron';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { appHost, appScheme, picturesPath } from '../../preload/names.ts';
import { fileWithin } from './file-within.ts';
import { answerPicture, type PictureSources } from './picture-requests.ts';

/** Must be called once, before the app is ready. */
export function registerSchemes(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true };
  protocol.registerSchemesAsPrivileged([{ scheme: appScheme, privileges }]);
}

/**
 * Nothing but the window's own files: no inline code, nothing from elsewhere, no frames, no forms. Styles that React
 * sets go through the CSSOM, which this allows.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Serves the window's files and its pictures. @param folder of the built window */
export function serveWindow(folder: string, sources: PictureSources): void {
  protocol.handle(appScheme, async (request) => {
    const url = new URL(request.url);
    if (url.host !== appHost || request.method !== 'GET') return refuse(404);
    if (url.pathname.startsWith(picturesPath)) {
      const path = url.pathname.slice(picturesPath.length);
      return answerPicture(path, url.searchParams, request, sources);
    }
    return answerFile(folder, url.pathname);
  });
}

async function answerFile(folder: string, pathname: string): Promise<Response> {
  const path = fileWithin(folder, pathname);
  const type = path === null ? undefined : types[extname(path)];
  if (path === null || type === undefined) return refuse(404);
  const bytes = await readFile(path).catch(() => null);
  if (!bytes) return refuse(404);
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    },
  });
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: { 'x-content-type-options': 'nosniff' } });
}
