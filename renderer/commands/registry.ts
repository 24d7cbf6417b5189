import type { CommandId } from '../../preload/commands.ts';
import { useModel } from '../state/model.ts';
import { commands } from '../../preload/commands.ts';

/** `down` and `up` for what acts while its key is held. */
export type Phase = 'press' | 'down' | 'up';
/** False where it had nothing to do, so that the key may mean something else. */
export type Handler = (phase: Phase) => boolean | void;

const handlers = new Map<CommandId, Handler>();

/** Commands that act for as long as their key is down. */
const held: ReadonlySet<CommandId> = new Set<CommandId>(['before']);

export function register(all: Readonly<Record<CommandId, Handler>>): void {
  for (const [id, handler] of Object.entries(all)) handlers.set(id as CommandId, handler);
}

export function isHeld(id: CommandId): boolean {
  return held.has(id);
}

/** Runs a command, whoever asked: key, menu, button. Gives false where it did not apply. */
export function runCommand(id: CommandId, phase: Phase = 'press'): boolean {
  const command = commands.find((c) => c.id === id);
  if (!command || (command.needsDocument && !useModel.getState().document)) return false;
  const handler = handlers.get(id);
  if (!handler) return false;
  return handler(phase) !== false;
}
