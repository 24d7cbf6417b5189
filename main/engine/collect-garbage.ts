import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Lets V8 give the buffers of dead tensors back now: it only sees the small objects in front of them, and would wait
 * for many more. Takes milliseconds, so it is for moments at which nobody waits.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
