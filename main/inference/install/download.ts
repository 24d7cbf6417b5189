import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { CancelledError, DavenportError, isNoSpace, MachineError } from '../../errors.ts';
import { hashFile } from '../pack-files.ts';

export interface DownloadRequest {
  readonly url: string;
  /** Where the file is to be; what has come so far lies beside it as `<target>.part`. */
  readonly target: string;
  /** What pack and file are called in errors, e.g. `encoder.onnx of slimsam`. */
  readonly name: string;
  /** Exact size; null where it is not known. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
  /** Tries after a cut connection, in which nothing came; and the pause before each, ms. */
  readonly tries?: number;
  readonly pauseMs?: number;
}

/** What came. */
export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Beside a part: what it is a part of, so that nothing is ever joined from two files. */
interface PartNote {
  readonly url: string;
  /** A strong ETag, or the date of the last change; null where the server gives neither. */
  readonly validator: string | null;
}

const TRIES = 4;
const PAUSE_MS = 700;
const MAX_REDIRECTS = 8;
/** A server that says nothing for this long is taken for gone, ms. */
const SILENCE_MS = 60_000;

/**
 * Downloads one file and verifies it. A download that was cut, cancelled or killed goes on where it stopped, if the
 * server still has the same file (HTTP Range with If-Range, RFC 9110 § 13–14); a cut connection is tried again.
 * @throws MachineError in one line: no connection, not found, cut short, wrong size, wrong hash, full disk;
 *   CancelledError
 */
export async function downloadFile(request: DownloadRequest): Promise<Downloaded> {
  const { target, name, tries = TRIES, pauseMs = PAUSE_MS, signal } = request;
  const part = `${target}.part`;
  for (let failures = 0; ; ) {
    const before = await sizeOf(part);
    try {
      await fetchRest(request, part);
      break;
    } catch (error) {
      if (signal?.aborted)
        throw new CancelledError('Cancelled', 'What came is kept: install it again to go on');
      if (error instanceof DavenportError) throw error;
      if (isNoSpace(error)) throw fullDisk(name, error);
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= tries) throw unreachable(request, await sizeOf(part), error);
      await wait(pauseMs * failures, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
  return settle(request, part);
}

/** Verifies a complete part and moves it into place; one that is wrong is thrown away. */
async function settle({ target, name, bytes, sha256 }: DownloadRequest, part: string): Promise<Downloaded> {
  const came = await sizeOf(part);
  const discard = async () => {
    await rm(part, { force: true });
    await rm(noteOf(part), { force: true });
  };
  if (bytes !== null && came !== bytes) {
    await discard();
    throw new MachineError(
      `${name} has ${came} bytes in place of ${bytes}: the publisher changed it, or it was cut short`,
      'Install it again; if it stays so, report it: nothing was installed',
    );
  }
  const hash = await hashFile(part);
  if (sha256 !== null && hash !== sha256) {
    await discard();
    throw new MachineError(
      `${name} does not match its hash: ${hash.slice(0, 12)}… came in place of ${sha256.slice(0, 12)}…`,
      'Install it again; if it stays so, do not use the file: nothing was installed',
    );
  }
  await rename(part, target);
  await rm(noteOf(part), { force: true });
  return { bytes: came, sha256: hash };
}

/** One request for what is still missing; resolves when the response ended as long as it promised to be. */
async function fetchRest(request: DownloadRequest, part: string): Promise<void> {
  const { url, name } = request;
  const note = await readNote(part, url);
  const have = note ? await sizeOf(part) : 0;
  const range = have > 0 && note?.validator ? { range: `bytes=${have}-`, 'if-range': note.validator } : {};
  const silence = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, silence.signal]) : silence.signal;
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await follow(request, range, signal);
    if (response.status === 416 && have > 0) {
      await response.body?.cancel();
      if (have === totalOf(response)) return;
      await rm(part, { force: true });
      throw new Error('the part does not fit what the server has');
    }
    if (response.status !== 200 && response.status !== 206) throw refused(response, name);
    const start = response.status === 206 ? startOf(response) : 0;
    if (start !== 0 && start !== have) throw new Error(`asked for ${have} and received ${start}`);
    await writeFile(
      noteOf(part),
      JSON.stringify({ url, validator: validatorOf(response) } satisfies PartNote),
    );
    await append(part, start, response, request, () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    });
  } finally {
    clearTimeout(timer);
  }
}

async function append(
  part: string,
  start: number,
  response: Response,
  { onProgress }: DownloadRequest,
  alive: () => void,
): Promise<void> {
  const file = await open(part, start === 0 ? 'w' : 'r+');
  let at = start;
  try {
    for await (const piece of response.body ?? []) {
      await file.write(piece, 0, piece.length, at);
      at += piece.length;
      alive();
      onProgress?.(at);
    }
    await file.truncate(at);
    await file.sync();
  } finally {
    await file.close();
  }
  const length = response.headers.get('content-length');
  if (length !== null && !response.headers.get('content-encoding') && at - start < Number(length))
    throw new Error('the connection was cut');
}

/**
 * Follows redirects by hand: an answer on the way may promise size and hash of what the last one delivers (Hugging
 * Face's X-Linked-Size and X-Linked-ETag). A promise of another file than the catalog lists saves us the download.
 */
async function follow(
  request: DownloadRequest,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  let at = request.url;
  for (let n = 0; n <= MAX_REDIRECTS; n++) {
    const response = await fetch(at, {
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'davenport' },
      redirect: 'manual',
      signal,
    });
    const next = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !next) return response;
    await response.body?.cancel();
    checkPromise(request, response);
    at = new URL(next, at).href;
  }
  throw new Error('too many redirects');
}

function checkPromise({ name, bytes, sha256 }: DownloadRequest, { headers }: Response): void {
  const hash = headers.get('x-linked-etag')?.replaceAll('"', '') ?? '';
  const size = Number(headers.get('x-linked-size') ?? 0);
  const otherHash = sha256 !== null && /^[0-9a-f]{64}$/.test(hash) && hash !== sha256;
  if (otherHash || (bytes !== null && size > 0 && size !== bytes)) {
    throw new MachineError(
      `${name} is not the file that Davenport's catalog lists: the publisher changed it`,
      'Nothing was installed. Update Davenport, or import the file from a folder after looking at it',
    );
  }
}

/** What If-Range takes: a strong ETag, else the date of the last change. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

function startOf({ headers }: Response): number {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

function totalOf({ headers }: Response): number {
  return Number(/\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

function noteOf(part: string): string {
  return `${part}.json`;
}

/** The note of a part of the same address; null where there is none. */
async function readNote(part: string, url: string): Promise<PartNote | null> {
  try {
    const note = JSON.parse(await readFile(noteOf(part), 'utf8')) as PartNote;
    return note.url === url ? note : null;
  } catch {
    return null;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function refused({ status }: Response, name: string): Error {
  const sentence =
    status === 404 || status === 410
      ? `The publisher no longer has ${name} (HTTP ${status})`
      : status === 401 || status === 403
        ? `The publisher does not give ${name} away without an account (HTTP ${status})`
        : null;
  if (!sentence) return new Error(`HTTP ${status}`); // worth another try
  return new MachineError(
    sentence,
    'Nothing was installed. Get the files from the publisher’s page and use: davenport packs import <folder>',
  );
}

function fullDisk(name: string, cause: unknown): MachineError {
  return new MachineError(
    `The disk is full: ${name} could not be downloaded to its end`,
    'Free some space and install it again: it goes on where it stopped, and nothing is half-installed',
    { cause },
  );
}

function unreachable({ url, name }: DownloadRequest, came: number, cause: unknown): MachineError {
  const { host } = new URL(url);
  const why = reasonOf(cause);
  if (came > 0) {
    return new MachineError(
      `The connection to ${host} was cut while ${name} was downloaded, after ${came} bytes (${why})`,
      'Install it again: it goes on where it stopped',
      { cause },
    );
  }
  return new MachineError(
    `${host} cannot be reached for ${name} (${why})`,
    'Check the connection, or get the files elsewhere and use: davenport packs import <folder>',
    { cause },
  );
}

/** The innermost code or message: fetch hides both behind “fetch failed”. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const code = (inner as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : inner instanceof Error ? inner.message : String(inner);
}
