import { type ConnectionOptions, Queue } from 'bullmq';
import { isAbsolute, relative, sep } from 'node:path';
import { z } from 'zod';
import { MachineError, RequestError } from '../errors.ts';
import { recipeFileSchema } from '../interop/recipe-file.ts';

/**
 * A batch beyond one machine: its items go over BullMQ on Redis or Valkey to workers that share a storage. The batch's
 * own queue stays the record; Redis holds leases, and what a worker that is gone had at work is taken over by another.
 */
export const QUEUE = 'davenport';

/** Paths are relative to the storage, with forward slashes. */
export const remoteJob = z.strictObject({
  photo: z.string(),
  project: z.string(),
  out: z.string(),
  objects: z.array(z.json()),
  accepted: z.boolean(),
  delivered: z.string().nullable(),
  recipe: recipeFileSchema,
  /** The recipe's product picture. */
  product: z.string().nullable(),
});
export type RemoteJob = z.infer<typeof remoteJob>;

export interface RemoteOptions {
  /** `redis://host:port`; Valkey speaks the same. */
  readonly url: string;
  /** The folder that this machine and all workers see, wherever it is mounted. */
  readonly storage: string;
  readonly leaseMs?: number;
}

/** What a worker says while it is at work: the stage it is in. */
export const remoteProgress = z.object({ stage: z.string() });

/** @throws RequestError where a path lies outside */
export function insideStorage(path: string, storage: string): string {
  const inner = relative(storage, path);
  if (!inner.startsWith('..') && !isAbsolute(inner)) return inner.split(sep).join('/');
  throw new RequestError(
    `${path} lies outside the storage ${storage}`,
    'Workers could not see it: move it there',
  );
}

/** @throws RequestError for a URL that is none; MachineError where nobody answers there */
export async function connect(url: string): Promise<ConnectionOptions> {
  const { protocol, hostname: host, port, username, password, pathname } = parseUrl(url);
  const connection = {
    host,
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1)) || 0,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    maxRetriesPerRequest: null,
  };
  const probe = new Queue(QUEUE, { connection: { ...connection, retryStrategy: () => null } });
  probe.on('error', () => {});
  try {
    await probe.waitUntilReady();
  } catch (cause) {
    throw new MachineError(
      `No Redis answers at ${host}:${connection.port}`,
      'Start it, or correct its address',
      {
        cause,
      },
    );
  } finally {
    await probe.close().catch(() => {});
  }
  return connection;
}

export function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && /^rediss?:$/.test(parsed.protocol)) return parsed;
  throw new RequestError(`“${url}” is no address of a queue`, 'Give one like redis://192.168.1.20:6379');
}
