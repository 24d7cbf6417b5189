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
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return 'empty';
    const header = Buffer.alloc(HEADER_BYTES);
    const read = readSync(file, header, 0, HEADER_BYTES, 0);
    if (read < HEADER_BYTES || header.toString('latin1', 0, 16) !== MAGIC) throw new NotAProjectError(path);
    if (header.readUInt32BE(68) !== APPLICATION_ID) throw new NotAProjectError(path);
    if (!hasPendingJournal(path)) requireFullLength(path, header, size);
    return 'project';
  } finally {
    closeSync(file);
  }
}

/** True where a write-ahead log or rollback journal waits beside the file: its pages count, the file's may be stale. */
function hasPendingJournal(path: string): boolean {
  return ['-wal', '-journal'].some((suffix) => existsSync(path + suffix) && statSync(path + suffix).size > 0);
}

function requireFullLength(path: string, header: Buffer, size: number): void {
  const pageSize = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
  const pages = header.readUInt32BE(28);
  if (pages * pageSize > size) {
    throw new DamagedProjectError(path, `${pages * pageSize - size} bytes are missing at its end`);
  }
}
