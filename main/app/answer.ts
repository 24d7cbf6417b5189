import type { Channel, ErrorAction, Result } from '../../preload/contract.ts';
import { type ErrorRecord, RequestError, toErrorRecord } from '../errors.ts';
import { DamagedProjectError } from '../store/errors.ts';

/** A wrong request together with the step that puts it right. */
export class GuidedError extends RequestError {
  readonly action: ErrorAction;

  constructor(message: string, next: string, action: ErrorAction) {
    super(message, next);
    this.action = action;
  }
}

/** Runs what answers a call; whatever it throws becomes something that the window can show. */
export async function answer<T>(
  channel: Channel | 'document.dropped',
  work: () => Promise<T> | T,
): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const record = toErrorRecord(error);
    return { ok: false, error: { ...record, action: actionOf(channel, error, record) } };
  }
}

/** Calls that open something: another file may be what is needed. */
const opening = /^(document\.(choose|dropped|recent|sample)|folder\.open)$/;

function actionOf(channel: string, error: unknown, { kind, reason }: ErrorRecord): ErrorAction | null {
  if (error instanceof GuidedError) return error.action;
  if (error instanceof DamagedProjectError) return 'recover-project';
  if (reason === 'memory') return 'low-memory';
  return kind === 'request' && opening.test(channel) ? 'choose-file' : null;
}
