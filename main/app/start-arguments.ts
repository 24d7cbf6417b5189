import { extname, resolve } from 'node:path';

const openable = new Set(['.davenport', '.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp', '.avif']);

/**
 * The files among a program's arguments: what the system puts there when one is opened with the program.
 * @param args without the program's own path
 */
export function filesAmong(args: readonly string[], cwd: string): string[] {
  return args
    .filter((arg) => !arg.startsWith('-') && openable.has(extname(arg).toLowerCase()))
    .map((arg) => resolve(cwd, arg));
}

/** The shell's arguments where the program was started as `davenport --cli …`; null where it was not. */
export function shellArguments(args: readonly string[]): readonly string[] | null {
  const at = args.indexOf('--cli');
  return at < 0 ? null : args.slice(at + 1);
}
