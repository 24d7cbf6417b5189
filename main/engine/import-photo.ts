import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { RequestError } from '../errors.ts';
import { nameProfile } from '../imaging/color/icc-name.ts';
import { decodeFrame, readHeader } from '../imaging/decode.ts';
import type { ProjectWriter } from '../store/project.ts';
import type { LruCache } from './lru-cache.ts';
import { hashBytes, keepFrame, keptFrame } from './project-session.ts';
import type { ImportRequest, ImportResult } from './protocol.ts';

/**
 * Reads and decodes a photo, and keeps its bytes in `project` where one is given. The decoded frame stays in the
 * cache: the first node need not decode it again.
 * @throws RequestError for a file that is missing, unreadable or no photo, or a project that holds another one
 */
export async function importPhoto(
  { path }: ImportRequest,
  cache: LruCache,
  project: ProjectWriter | null,
): Promise<ImportResult> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw explainReadFailure(error, path);
  });
  const name = basename(path);
  const sha256 = hashBytes(bytes);
  const frame = keptFrame(cache, sha256) ?? (await decodeFrame(bytes, name));
  project?.importSource(bytes, name, sha256, `image/${frame.info.format}`);
  keepFrame(cache, sha256, frame);
  const profile = frame.icc ? nameProfile(frame.icc) : null;
  return { info: { ...frame.info, notes: [...frame.info.notes], profile }, sha256, bytes: bytes.length };
}

/**
 * Keeps a picture file verbatim in a project.
 * @returns its SHA-256
 * @throws RequestError for a file that is missing, unreadable or no picture
 */
export async function keepPicture(path: string, project: ProjectWriter): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw explainReadFailure(error, path);
  });
  const name = basename(path);
  await readHeader(bytes, name);
  const sha256 = hashBytes(bytes);
  project.keepFile(bytes, name, sha256);
  return sha256;
}

function explainReadFailure(error: unknown, path: string): Error {
  const code = (error as { code?: unknown } | null)?.code;
  const cause = { cause: error };
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new RequestError(`There is no file ${path}`, 'Check the path', cause);
  if (code === 'EISDIR') return new RequestError(`${path} is a folder`, 'Choose one photo', cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new RequestError(
      `${path} cannot be read: permission denied`,
      'Change its permissions or copy it elsewhere',
      cause,
    );
  }
  return error as Error;
}
