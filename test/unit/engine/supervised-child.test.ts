import { OutOfMemoryError } from '../../../main/errors.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChildExit, ChildHandle, ChildHost } from '../../../main/engine/child-host.ts';
import { describeExit, SupervisedChild } from '../../../main/engine/supervised-child.ts';

/** A host whose children do what the test says: only the supervision is under test here. */
interface ScriptedChild {
  message(raw: unknown): void;
  exit(exit: ChildExit): void;
  readonly sent: unknown[];
  killed: boolean;
}

function scriptedHost(words = '') {
  const children: ScriptedChild[] = [];
  const host: ChildHost = {
    start(): ChildHandle {
      const child: ScriptedChild = { message: () => {}, exit: () => {}, sent: [], killed: false };
      children.push(child);
      return {
        pid: 1000 + children.length,
        send: (message) => void child.sent.push(message),
        onMessage: (listener) => {
          child.message = listener;
        },
        onExit: (listener) => {
          child.exit = listener;
        },
        kill: () => {
          child.killed = true;
          queueMicrotask(() => child.exit({ code: null, signal: 'SIGKILL' }));
        },
        lastWords: () => words,
      };
    },
  };
  return { host, children };
}

const start = (words?: string) => {
  const { host, children } = scriptedHost(words);
  return {
    children,
    child: new SupervisedChild(host, 'models', () => ({ init: { type: 'init' }, address: 'here' })),
  };
};
const listeners = () => process.listenerCount('exit');
const before = listeners();
afterEach(() => expect(listeners()).toBe(before));

describe('SupervisedChild', () => {
  it('starts once for any number of callers, and again after an end', async () => {
    const { child, children } = start();
    const both = Promise.all([child.ensure(), child.ensure()]);
    children[0]!.message({ type: 'ready' });
    expect(await both).toEqual(['here', 'here']);
    expect(children[0]!.sent).toEqual([{ type: 'init' }]);
    children[0]!.exit({ code: 1, signal: null });
    expect(child.pid).toBeUndefined();
    expect(child.lastExit).toEqual({ code: 1, signal: null });
    const again = child.ensure();
    children[1]!.message({ type: 'ready' });
    await again;
    expect(child.pid).toBe(1002);
    await child.end(null, 0);
  });

  it('says why it could not start', async () => {
    const { child, children } = start('node:internal\n\nSyntaxError: no such export\n    at x');
    const starting = child.ensure();
    children[0]!.exit({ code: 1, signal: null });
    await expect(starting).rejects.toThrow('The models process could not start: SyntaxError: no such export');
  });

  it('asks it to leave, and ends it where it does not', async () => {
    const { child, children } = start();
    child.ensure().catch(() => {});
    await child.end({ type: 'close' }, 20);
    expect(children[0]!.sent.at(-1)).toEqual({ type: 'close' });
    expect(children[0]!.killed).toBe(true);
    await child.end(null, 0); // nothing runs: nothing to do
  });
});

describe('the sentence for an end', () => {
  const work = { words: 'Replace', id: 'inpaint.plate' };

  it('says what people know; process, manner, node and last words are its cause', () => {
    const error = describeExit('pixels', { code: 9, signal: null }, ' at last ', work);
    expect(error.message).toBe('The engine stopped while working on Replace');
    expect(error.next).toBe('Try again: what was finished is kept');
    expect((error.cause as Error).message).toBe(
      'The pixels process ended with code 9 during inpaint.plate: at last',
    );
    expect(describeExit('models', { code: null, signal: 'SIGKILL' }, '', work).next).toMatch(/memory preset/);
  });

  it('has its own for memory', () => {
    const words = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
    const error = describeExit('pixels', { code: null, signal: 'SIGABRT' }, words, work);
    expect(error.message).toBe('Memory ran out while working on Replace');
    expect(error).toBeInstanceOf(OutOfMemoryError);
  });
});
