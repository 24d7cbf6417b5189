import { InvalidArgumentError } from 'commander';
import type { ControlParams } from '../pipeline/stages/inpaint/params.ts';

/** One `--control` as written: a kind, how strongly it is followed, and a picture of its own. */
export interface ControlFlag {
  readonly kind: string;
  readonly scale?: number;
  readonly file?: string;
}

const form = /^(?<kind>[a-z0-9-]+)(?::(?<scale>\d+(?:\.\d+)?))?(?:=(?<file>.+))?$/;

/** Collects `--control KIND[:SCALE][=FILE]`. @throws InvalidArgumentError where it is written otherwise */
export function collectControl(text: string, before: readonly ControlFlag[] = []): readonly ControlFlag[] {
  const { kind, scale, file } = form.exec(text)?.groups ?? {};
  if (kind === undefined) throw new InvalidArgumentError('Write it as KIND, KIND:SCALE or KIND:SCALE=FILE.');
  const flag = { kind, ...(scale ? { scale: Number(scale) } : {}), ...(file ? { file } : {}) };
  return [...before, flag];
}

/**
 * The recipe's controls as the flags say; start and end of a kind that was there before stay.
 * @param keep keeps a file in the project and gives its SHA-256
 */
export async function controlsFrom(
  flags: readonly ControlFlag[],
  before: readonly ControlParams[],
  keep: (path: string) => Promise<string>,
): Promise<object[]> {
  const controls: object[] = [];
  for (const { kind, scale, file } of flags) {
    const known = before.find((control) => control.kind === kind);
    const picture = file === undefined ? null : await keep(file);
    controls.push({ ...known, kind, picture, ...(scale === undefined ? {} : { scale }) });
  }
  return controls;
}
