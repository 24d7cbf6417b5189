import { access, constants } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { openProject } from '../store/project.ts';

/**
 * The project file for a photo: beside it where that folder can be written, else in `otherwise`. One of that name
 * that holds the same photo is continued; one that holds another is left alone and a number added.
 * @param sha256 of the photo's bytes
 */
export async function chooseProjectPath(photo: string, sha256: string, otherwise: string): Promise<string> {
  const beside = dirname(photo);
  const folder = await access(beside, constants.W_OK).then(
    () => beside,
    () => otherwise,
  );
  const stem = basename(photo, extname(photo));
  for (let n = 1; ; n += 1) {
    const path = join(folder, `${stem}${n === 1 ? '' : `-${n}`}.davenport`);
    if (!existsSync(path) || sourceOf(path) === sha256) return path;
  }
}

/** `<stem>-recovered.davenport` beside a damaged project, numbered where that is taken. */
export function chooseRecoveredPath(damaged: string): string {
  const stem = basename(damaged, extname(damaged));
  for (let n = 1; ; n += 1) {
    const path = join(dirname(damaged), `${stem}-recovered${n === 1 ? '' : `-${n}`}.davenport`);
    if (!existsSync(path)) return path;
  }
}

/** The photo a project holds; null where it cannot be read. */
function sourceOf(path: string): string | null {
  try {
    const project = openProject(path, { write: false });
    try {
      return project.sourceInfo()?.sha256 ?? null;
    } finally {
      project.close();
    }
  } catch {
    return null;
  }
}
