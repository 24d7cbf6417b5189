import { Command } from 'commander';
import { resolve } from 'node:path';
import { openExisting } from '../../pipeline/workbench.ts';
import { addEditingFlags, decideByFlags, type EditingFlags } from '../editing-flags.ts';
import { execute } from '../execute.ts';
import { checkOut } from '../paths.ts';
import { withBench, withEngine } from '../with-engine.ts';

/** `davenport edit <project>`: changes a project; only what depends on the change runs. */
export function editCommand(): Command {
  return addEditingFlags(new Command('edit').description('Change a project; only what changed runs'))
    .argument('<project>', 'a .davenport file')
    .action(async (path: string, flags: EditingFlags) => {
      const out = flags.out === undefined ? null : checkOut(flags.out, [path]);
      await withEngine(({ engine, packs, signal }) =>
        withBench(openExisting(engine, packs, resolve(path), decideByFlags(flags)), (bench) =>
          execute(bench, flags, out, signal),
        ),
      );
    });
}
