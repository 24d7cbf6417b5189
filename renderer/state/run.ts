import type { StageId } from '../../preload/contract.ts';
import { ask, askQuietly } from './bridge.ts';
import { takeDocument, useModel } from './model.ts';

let latest = 0;

/** Brings everything up to a stage up to date; what ran before gives way. */
export async function run(until: StageId): Promise<void> {
  const mine = ++latest;
  const answer = await ask('run.start', { until });
  if (answer && mine === latest) takeDocument(answer.value);
}

/** Stops what runs. The window says so at once and does not wait for the answer. */
export function cancel(): boolean {
  const { document, progress } = useModel.getState();
  if (!document?.running && !progress) return false;
  latest++;
  useModel.setState({ progress: null, document: document && { ...document, running: null } });
  void askQuietly('run.cancel', undefined);
  return true;
}
