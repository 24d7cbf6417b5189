import { Command, CommanderError } from 'commander';
import { RequestError } from '../errors.ts';
import { batchCommand } from './commands/batch.ts';
import { doctorCommand } from './commands/doctor.ts';
import { editCommand } from './commands/edit.ts';
import { inspectCommand } from './commands/inspect.ts';
import { packsCommand } from './commands/packs.ts';
import { recipeCommand } from './commands/recipe.ts';
import { runCommand } from './commands/run.ts';
import { variationsCommand } from './commands/variations.ts';
import { workerCommand } from './commands/worker.ts';
import { printError } from './output.ts';
import { programVersion } from './version.ts';

const commands = [
  runCommand,
  editCommand,
  inspectCommand,
  variationsCommand,
  batchCommand,
  workerCommand,
  recipeCommand,
  packsCommand,
  doctorCommand,
];

/** Runs the command line; gives the exit code. A command that ended well may have set another than 0. */
export async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const program = new Command('davenport')
    .description('Replace one object in a room photo; everything else stays identical')
    .version(programVersion());
  for (const make of commands) program.addCommand(make());
  quieten(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return printError(toRequestError(error), json);
    }
    return printError(error, json);
  }
}

/** Lets commander's complaints come to us as errors, so that they look like every other. */
function quieten(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const inner of command.commands) quieten(inner);
}

function toRequestError(error: CommanderError): RequestError {
  const lines = error.message.replace(/^error: /, '').split('\n');
  const [message = 'The command line cannot be read', hint] = lines;
  const next = hint?.match(/Did you mean (.*)\?\)?$/)?.[1];
  if (error.code === 'commander.help')
    return new RequestError('No command was given', 'See davenport --help');
  return new RequestError(
    message,
    next ? `Did you mean ${next}?` : 'See davenport --help, or davenport help <command>',
  );
}
