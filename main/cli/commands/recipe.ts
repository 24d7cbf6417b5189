import { Command } from 'commander';
import { resolve } from 'node:path';
import { z } from 'zod';
import { RequestError } from '../../errors.ts';
import { writeFileAtomic } from '../../imaging/write-file.ts';
import { applyRecipeFile, recipeFileFrom } from '../../interop/apply-recipe.ts';
import { lockable, loadRecipeFile, parseRecipeFile, recipeFileSchema } from '../../interop/recipe-file.ts';
import { detachRecipe } from '../../pipeline/recipe-locks.ts';
import { emptyRecipe, parseRecipe } from '../../pipeline/recipe.ts';
import { openProject } from '../../store/project.ts';

interface ExportFlags {
  readonly name: string;
  readonly edit: string;
  readonly note: string;
  readonly author: string;
  readonly lock: readonly string[];
}

function collect(param: string, before: readonly string[]): string[] {
  if (lockable.includes(param)) return [...before, param];
  throw new RequestError(`${param} cannot be locked`, `What can: ${lockable.join(', ')}`);
}

/** `davenport recipe export|import|schema`: an edit's settings as a file for the team. */
export function recipeCommand(): Command {
  const command = new Command('recipe').description('Recipes: the settings of an edit, for the team');
  command
    .command('export')
    .description('Write the settings of a project as a recipe')
    .argument('<project>', 'a .davenport file')
    .argument('<file>', 'the recipe to write')
    .option('--name <name>', 'what the recipe is called', 'Recipe')
    .option('--edit <n>', 'which edit of the project, from 1', '1')
    .option('--note <text>', 'what it is for, shown in the list of recipes', '')
    .option('--author <name>', 'who made it', '')
    .option(
      '--lock <stage.param>',
      'a parameter nobody may change for one photo; may be repeated',
      collect,
      [],
    )
    .action(async (project: string, file: string, flags: ExportFlags) => {
      const opened = openProject(resolve(project), { write: false });
      try {
        const head = opened.recipe();
        if (!head) throw new RequestError(`${project} holds no edit yet`, 'Make one with davenport run');
        const { name, note, author, lock } = flags;
        const from = parseRecipe(head.recipe);
        const recipe = recipeFileFrom(from, Number(flags.edit) - 1, name, {
          note,
          author,
          locked: [...lock],
        });
        const text = `${JSON.stringify(recipe, null, 2)}\n`;
        parseRecipeFile(text, name); // what nobody could read again is not written
        await writeFileAtomic(resolve(file), [Buffer.from(text)]);
      } finally {
        opened.close();
      }
    });
  command
    .command('import')
    .description('Take a recipe over into a project; clicks and masks stay as they are')
    .argument('<project>', 'a .davenport file')
    .argument('<file>', 'a recipe')
    .action(async (project: string, file: string) => {
      const loaded = await loadRecipeFile(resolve(file));
      const opened = openProject(resolve(project), { write: true });
      try {
        const head = opened.recipe();
        const current = detachRecipe(head ? parseRecipe(head.recipe) : emptyRecipe());
        const next = current.edits.reduce(
          (recipe, _, edit) => applyRecipeFile(recipe, edit, loaded),
          current,
        );
        if (loaded.product) opened.keepFile(loaded.product.bytes, loaded.product.name, loaded.product.sha256);
        opened.commitRecipe(next, `Recipe: ${loaded.file.name}`);
      } finally {
        opened.close();
      }
    });
  command
    .command('schema')
    .description('Print the JSON schema of recipe files')
    .action(() => {
      process.stdout.write(`${JSON.stringify(z.toJSONSchema(recipeFileSchema, { io: 'input' }), null, 2)}\n`);
    });
  return command;
}
