import { Command } from 'commander';
import { resolve } from 'node:path';
import { openPhoto } from '../../pipeline/workbench.ts';
import { addEditingFlags, decideByFlags, type EditingFlags } from '../editing-flags.ts';
import { execute } from '../execute.ts';
import { checkOut, freeOutPath, freeProjectPath } from '../paths.ts';
import { withBench, withEngine } from '../with-engine.ts';

/** `davenport run <photo>`: a photo in, the finished frame and a project file out. */
export function runCommand(): Command {
  return addEditingFlags(new Command('run').description('Replace an object in a photo'))
    .argument('<photo>', 'JPEG, PNG, TIFF or WebP')
    .option('--project <file>', 'the project file; one that exists is continued where the photo is the same')
    .action(async (photo: string, flags: EditingFlags & { project?: string }) => {
      const here = process.cwd();
      const project = resolve(flags.project ?? freeProjectPath(photo, here));
      const out = checkOut(flags.out ?? freeOutPath(photo, here), [photo, project]);
      await withEngine(({ engine, packs, signal }) =>
        withBench(openPhoto(engine, packs, photo, project, decideByFlags(flags)), (bench) =>
          execute(bench, flags, out, signal),
        ),
      );
    });
}
