import { Command } from 'commander';
import { resolve } from 'node:path';
import { findPacks } from '../../inference/packs.ts';
import { engineOptions } from '../engine-options.ts';
import { untilInterrupted } from '../interrupt.ts';
import { wholeNumber } from '../whole-number.ts';

/** `davenport worker`: works on the items of batches that share a queue and a storage. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Work on batches of other machines, from a queue on Redis or Valkey')
    .requiredOption('--queue <url>', 'e.g. redis://192.168.1.20:6379')
    .requiredOption('--storage <folder>', 'the folder that all machines share')
    .option('--lanes <n>', 'photos at work at a time', '2')
    .option('--lease <seconds>', 'silence after which another worker takes an item over', '30')
    .action(async (flags: { queue: string; storage: string; lanes: string; lease: string }) => {
      const { runWorker } = await import('../../batch/remote-worker.ts');
      await untilInterrupted((signal) =>
        runWorker({
          url: flags.queue,
          storage: resolve(flags.storage),
          lanes: wholeNumber('--lanes', flags.lanes, 16),
          leaseMs: wholeNumber('--lease', flags.lease, 3600) * 1000,
          packs: findPacks(),
          engine: engineOptions(),
          signal,
          onEnd: (photo, end) => {
            const how = end instanceof Error ? end.message : end.state;
            process.stderr.write(`${photo}: ${how}\n`);
          },
        }),
      );
    });
}
