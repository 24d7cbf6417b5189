/** What Electron gives a utility process: `process.parentPort`, and an end together with its parent. */
import { EventEmitter } from 'node:events';

class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    if (process.connected) process.send?.(message as object, undefined, undefined, () => {});
  }
}

const parentPort = new ParentPort();
process.on('message', (data) => parentPort.emit('message', { data, ports: [] }));
process.once('disconnect', () => process.exit());
Object.assign(process, { parentPort, type: 'utility' });
