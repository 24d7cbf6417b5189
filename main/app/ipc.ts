import { ipcMain, type WebContents } from 'electron';
import {
  callNames,
  calls,
  droppedChannel,
  droppedRequest,
  type Channel,
  type DropRole,
  type Result,
} from '../../preload/contract.ts';
import type { z } from 'zod';
import { RequestError } from '../errors.ts';
import { answer } from './answer.ts';
import type { Handlers } from './handlers.ts';
import { isTrustedSender } from './security.ts';

/** Fails to compile where preload/names.ts lacks a call of the contract. */
type Missing = Exclude<Channel, (typeof callNames)[number]>;
const everyCallIsNamed: Missing extends never ? true : Missing = true;
void everyCallIsNamed;

/**
 * Registers every call of the contract. Each is refused unless it comes from our own page, and its payload is parsed
 * before anything looks at it.
 * @param contents of the window, null while there is none
 */
export function registerCalls(
  contents: () => WebContents | null,
  handlers: Handlers,
  dropped: (paths: readonly string[], as: DropRole) => Promise<unknown>,
): void {
  for (const channel of callNames) {
    const schema = calls[channel].request;
    // The schema of a channel is the one its handler's parameter is made from.
    const handle = handlers[channel] as (request: unknown) => unknown;
    listen(channel, contents, (payload) => handle(parse(channel, schema, payload)));
  }
  listen(droppedChannel, contents, (payload) => {
    const { paths, as } = parse(droppedChannel, droppedRequest, payload);
    return dropped(paths, as);
  });
}

function listen(
  channel: Channel | typeof droppedChannel,
  contents: () => WebContents | null,
  work: (payload: unknown) => unknown,
): void {
  ipcMain.handle(
    channel,
    (event, payload: unknown): Promise<Result<unknown>> =>
      answer(channel, () => {
        if (!isTrustedSender(event, contents()))
          throw new RequestError('A call came from a page that is not Davenport’s', 'Restart Davenport');
        return work(payload);
      }),
  );
}

/** @throws RequestError that names what does not fit */
function parse<Schema extends z.ZodType>(
  channel: string,
  schema: Schema,
  payload: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = [channel, ...(issue?.path ?? [])].join('.');
  throw new RequestError(`${where} does not fit: ${issue?.message ?? 'wrong format'}`, 'Restart Davenport');
}
