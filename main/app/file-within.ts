import { join, normalize, sep } from 'node:path';

/** The file that an address names inside a folder; null for anything that leads out of it. */
export function fileWithin(folder: string, pathname: string): string | null {
  let inner: string;
  try {
    inner = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (inner.includes('\0') || inner.includes('\\')) return null;
  const root = normalize(folder);
  const path = normalize(join(root, inner));
  return path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : null;
}
