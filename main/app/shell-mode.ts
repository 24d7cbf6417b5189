import { useChildHost } from '../engine/child-host.ts';
import { addBundledPacks } from './places.ts';
import { utilityHost } from './utility-host.ts';

/** `davenport --cli …`: the command line of main/cli without a window. @returns the exit code */
export async function runShell(args: readonly string[]): Promise<number> {
  addBundledPacks();
  useChildHost(utilityHost);
  const { main } = await import('../cli/main.ts');
  return main(args);
}
