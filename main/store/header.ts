import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { DamagedProjectError, NotAProjectError } from './errors.ts';

/** `DVPT` as a big-endian integer, at offset 68 of the file: what `file(1)` and we recognise a project by. */
export const APPLICATION_ID = 0x44565054;

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;

/**
 * Looks at the first 100 bytes of a project file, without opening it as a database, so that a foreign file is never
 * touched. Costs the same for a file of any size.
 * See https://www.sqlite.org/fileformat.html#the_database_header.
 *
 * @returns `empty` for a file of no bytes, else `project`.
 * @throws NotAProjectError where the file is something else
 * @throws DamagedProjectError where the file is shorter than its header says
 */
export function inspectHeader(path: string): 'empty' | 'project' {
  const header = readHeader(path);
  if (header === null) return 'empty';
  if (!hasPendingJournal(path)) requireFullLength(path, header);
  return 'project';
}

/** Throws NotAProjectError unless the file begins as a project does, however damaged the rest may be. */
export function inspectMagic(path: string): void {
  if (readHeader(path) === null) throw new NotAProjectError(path);
}

/** The header of a file that begins as a project does; null for one of no bytes. */
function readHeader(path: string): Buffer | null {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).size === 0) return null;
    const header = Buffer.alloc(HEADER_BYTES);
    const read = readSync(file, header, 0, HEADER_BYTES, 0);
    if (read < HEADER_BYTES || header.toString('latin1', 0, 16) !== MAGIC) throw new NotAProjectError(path);
    if (header.readUInt32BE(68) !== APPLICATION_ID) throw new NotAProjectError(path);
    return header;
  } finally {
    closeSync(file);
  }
}

/** True where a write-ahead log or rollback journal waits beside the file: its pages count, the file's may be stale. */
function hasPendingJournal(path: string): boolean {
  return ['-wal', '-journal'].some((suffix) => existsSync(path + suffix) && statSync(path + suffix).size > 0);
}

function requireFullLength(path: string, header: Buffer): void {
  const { size } = statSync(path);
  const pageSize = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
  const pages = header.readUInt32BE(28);
  if (pages * pageSize > size) {
    throw new DamagedProjectError(path, `${pages * pageSize - size} bytes are missing at its end`);
  }
}
