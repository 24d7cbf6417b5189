import { createHash } from 'node:crypto';
import type { ReadHandle, WriteHandle } from './database.ts';

/** A value the project keeps beside its recipe; undefined where it was never set. */
export function readSetting(db: ReadHandle, key: string): unknown {
  const text = db.prepare<[string], string>('SELECT value FROM setting WHERE key = ?').pluck().get(key);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** Keeps any JSON value under a key. */
export function writeSetting(db: WriteHandle, key: string, value: unknown): void {
  db.prepare(
    'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ).run(key, JSON.stringify(value));
}

/**
 * The project's UUID: version 8 (RFC 9562 § 5.8) made from the source's SHA-256, so that the same photo gives the
 * same project on any machine.
 */
export function uuidOf(sha256: string): string {
  const bytes = createHash('sha256').update(`davenport project of ${sha256}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
