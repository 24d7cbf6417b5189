import { Command } from 'commander';
import { resolve } from 'node:path';
import { z } from 'zod';
import { RequestError } from '../../errors.ts';
import { writeFileAtomic } from '../../imaging/write-file.ts';
import {
  loadRecipeFile,
  recipeFileFrom,
  recipeFileSchema,
  recipeFromFile,
} from '../../interop/recipe-file.ts';
import { parseRecipe } from '../../pipeline/recipe.ts';
import { openProject } from '../../store/project.ts';

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
    .action(async (project: string, file: string, flags: { name: string; edit: string }) => {
      const opened = openProject(resolve(project), { write: false });
      try {
        const head = opened.recipe();
        if (!head) throw new RequestError(`${project} holds no edit yet`, 'Make one with davenport run');
        const recipe = recipeFileFrom(parseRecipe(head.recipe), Number(flags.edit) - 1, flags.name);
        await writeFileAtomic(resolve(file), [Buffer.from(`${JSON.stringify(recipe, null, 2)}\n`)]);
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
        const current = head ? parseRecipe(head.recipe) : null;
        const incoming = recipeFromFile(loaded, current?.edits.length ?? 1);
        const edits = incoming.edits.map((edit, i) => {
          const own = current?.edits[i]?.segment;
          const { clicks, box, mask, strokes } = own ?? edit.segment;
          return { ...edit, segment: { ...edit.segment, clicks, box, mask, strokes } };
        });
        if (loaded.product) opened.keepFile(loaded.product.bytes, loaded.product.name, loaded.product.sha256);
        opened.commitRecipe(parseRecipe({ ...incoming, edits }), `Recipe: ${loaded.file.name}`);
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
