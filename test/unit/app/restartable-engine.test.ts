import { describe, expect, it } from 'vitest';
import { startRestartable } from '../../../main/app/restartable-engine.ts';
import type { Engine, EngineOptions } from '../../../main/engine/supervisor.ts';

/** Engines that do nothing but say which of them was asked: only the lanes are under test here. */
function scripted() {
  const log: string[] = [];
  const busy = new Map<string, PromiseWithResolvers<void>>();
  let started = 0;
  const start = ({ preset }: EngineOptions = {}) => {
    const name = `${preset ?? 'first'}-${++started}`;
    log.push(`start ${name}`);
    const own = () => busy.get(name);
    return {
      runNode: async () => {
        log.push(`node on ${name}`);
        busy.set(name, Promise.withResolvers());
        await own()!.promise;
        busy.delete(name);
      },
      previewMask: async () => void log.push(`preview on ${name}`),
      draft: async () => void log.push(`draft on ${name}`),
      closeProject: async () => void log.push(`close project on ${name}`),
      close: async () => void log.push(`close ${name}`),
      finish: async () => {
        await own()?.promise;
        log.push(`close ${name}`);
      },
      get isBusy() {
        return busy.has(name);
      },
    } as unknown as Engine;
  };
  const models = () => ({ close: async () => void log.push('close models') }) as never;
  const engine = startRestartable({}, start, models);
  return { engine, log, busy };
}

const ask = {} as never;

describe('the window’s engine', () => {
  it('makes previews where nothing else is done, and keeps one process while there is time', async () => {
    const { engine, log, busy } = scripted();
    await engine.previewMask(ask);
    const node = engine.runNode(ask);
    await engine.previewMask(ask);
    await engine.draft(ask);
    busy.get('first-1')!.resolve();
    await node;
    await engine.draft(ask);
    expect(log).toEqual([
      'start first-1',
      'preview on first-1',
      'node on first-1',
      'start first-2',
      'preview on first-2',
      'draft on first-2',
      'draft on first-1',
    ]);
  });

  it('lets go of a project in every process that may have it open', async () => {
    const { engine, log } = scripted();
    const node = engine.runNode(ask);
    await engine.draft(ask);
    void node;
    await engine.closeProject();
    expect(log.slice(-2)).toEqual(['close first-2', 'close project on first-1']);
  });

  it('finishes what it began when others succeed it', async () => {
    const { engine, log, busy } = scripted();
    const node = engine.runNode(ask);
    engine.succeed({ preset: 'low' });
    await engine.previewMask(ask);
    expect(log.slice(-2)).toEqual(['start low-2', 'preview on low-2']);
    const closing = engine.closeProject();
    busy.get('first-1')!.resolve();
    await Promise.all([node, closing]);
    expect(log.slice(-3)).toEqual(['close first-1', 'close models', 'close project on low-2']);
  });
});
