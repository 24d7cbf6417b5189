import { describe, expect, it } from 'vitest';
import { goalFor, Runs, type RunGround } from '../../../main/app/runs.ts';
import { CancelledError, MachineError } from '../../../main/errors.ts';
import type { NodeRequest, NodeResult } from '../../../main/engine/protocol.ts';
import { setParam, emptyRecipe } from '../../../main/pipeline/recipe.ts';
import type { NodeRunner } from '../../../main/pipeline/runner.ts';

/** A project and an engine in memory: nodes run when the test lets them. */
function setUp() {
  const finished = new Map<string, NodeResult>();
  const started: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  let rows = 0;
  const engine: NodeRunner = {
    async runNode(request: NodeRequest, { signal }) {
      started.push(request.node);
      const gate = gates.get(request.node);
      if (gate)
        await Promise.race([
          gate.promise,
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new CancelledError()))),
        ]);
      const result: NodeResult = {
        artifacts: request.outputs.map((name) => ({
          id: ++rows,
          name,
          width: 1,
          height: 1,
          channels: 1,
          dtype: 'u8',
          sha256: '',
        })),
        metrics: {},
        ms: 1,
        modelMs: 0,
        provider: null,
        peakRssMb: 1,
      };
      finished.set(request.fingerprint, result);
      return result;
    },
  };
  const project = {
    path: '/p',
    findRun: (print: string) => {
      const run = finished.get(print);
      return (
        run && {
          ...run,
          artifacts: Object.fromEntries(
            run.artifacts.map((a) => [a.name, { ...a, shape: [1, 1, 1], digest: '' }]),
          ),
        }
      );
    },
  } as unknown as RunGround['project'];
  const surroundings = { source: 's', modelHash: () => 'm', filesHash: () => 'f' };
  const runs = new Runs(() => ({ project, engine, surroundings }));
  const hold = (node: string) => {
    const gate = Promise.withResolvers<void>();
    gates.set(node, gate);
    return () => {
      gates.delete(node);
      gate.resolve();
    };
  };
  return { runs, started, hold, engine };
}

const clicked = setParam(emptyRecipe(), 'segment.clicks', '[{"x":1,"y":1,"label":"include"}]');
const nothing = () => {};

describe('Runs', () => {
  it('runs what a goal needs and reuses it the next time', async () => {
    const { runs, started } = setUp();
    expect(await runs.start(goalFor(clicked, 0, 'depth'), nothing)).toBe('done');
    expect(started).toEqual([
      'segment.encode',
      'segment.mask',
      'segment.grow',
      'depth.estimate',
      'depth.floor',
    ]);
    expect(await runs.start(goalFor(clicked, 0, 'depth'), nothing)).toBe('done');
    expect(started).toHaveLength(5);
  });

  it('waits for the node at hand where a newer goal needs it too', async () => {
    const { runs, started, hold } = setUp();
    const letGo = hold('segment.encode');
    const first = runs.start(goalFor(clicked, 0, 'color'), nothing);
    const second = runs.start(goalFor(clicked, 0, 'segment'), nothing);
    letGo();
    expect(await first).toBe('superseded');
    expect(await second).toBe('done');
    expect(started).toEqual(['segment.encode', 'segment.mask', 'segment.grow']);
  });

  it('cancels the node at hand where a newer goal does without it', async () => {
    const { runs, started, hold } = setUp();
    hold('segment.grow');
    const first = runs.start(goalFor(setParam(clicked, 'segment.grow', '3'), 0, 'segment'), nothing);
    await expect.poll(() => started).toContain('segment.grow');
    hold('segment.grow')();
    const second = runs.start(goalFor(setParam(clicked, 'segment.grow', '5'), 0, 'segment'), nothing);
    expect(await first).toBe('superseded');
    expect(await second).toBe('done');
    expect(started.filter((node) => node === 'segment.grow')).toHaveLength(2);
    expect(started.filter((node) => node === 'segment.mask')).toHaveLength(1);
  });

  it('starts the last of several that wait, and none of the others', async () => {
    const { runs, started, hold } = setUp();
    const letGo = hold('segment.encode');
    const goals = ['1', '2', '3'].map((grow) =>
      goalFor(setParam(clicked, 'segment.grow', grow), 0, 'segment'),
    );
    const ends = goals.map((goal) => runs.start(goal, nothing));
    letGo();
    expect(await Promise.all(ends)).toEqual(['superseded', 'superseded', 'done']);
    expect(started.filter((node) => node === 'segment.grow')).toHaveLength(1);
  });

  it('tells a cancelled run from one that a newer took the place of', async () => {
    const { runs, hold } = setUp();
    hold('segment.mask');
    const run = runs.start(goalFor(clicked, 0, 'segment'), nothing);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await runs.cancel();
    expect(await run).toBe('cancelled');
    expect(runs.isBusy).toBe(false);
  });

  it('names the node that failed', async () => {
    const { runs, engine } = setUp();
    const original = engine.runNode;
    engine.runNode = (request, options) =>
      request.node === 'segment.mask'
        ? Promise.reject(new MachineError('It broke', 'Try again'))
        : original(request, options);
    const end = await runs.start(goalFor(clicked, 0, 'color'), nothing);
    expect(end).toMatchObject({ failure: { message: 'It broke' }, node: { id: 'segment.mask' } });
  });

  it('leaves the failure of a run that a newer one waits for to the newer one', async () => {
    const { runs, started, engine } = setUp();
    const gate = Promise.withResolvers<void>();
    const { runNode } = engine;
    let isFirst = true;
    engine.runNode = async (request, options) => {
      if (!isFirst) return runNode.call(engine, request, options);
      isFirst = false;
      await gate.promise;
      throw new MachineError('The engine was killed', 'Run it again');
    };
    const first = runs.start(goalFor(clicked, 0, 'segment'), nothing);
    await Promise.resolve();
    const second = runs.start(goalFor(clicked, 0, 'depth'), nothing);
    gate.resolve();
    expect(await first).toBe('superseded');
    expect(await second).toBe('done');
    expect(started[0]).toBe('segment.encode');
  });
});
