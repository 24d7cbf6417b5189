import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openProject, type ProjectReader } from '../../../main/store/project.ts';
import { verifyProject } from '../../../main/store/verify.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport, digests, report, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();
const kills = 20;

/** The same "random" moments every time, so that a failure can be repeated. */
function* moments(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Fingerprints of the finished nodes; empty where the project has not been made yet. */
function finishedNodes(path: string): Set<string> {
  let project: ProjectReader;
  try {
    project = openProject(path, { write: true });
  } catch (error) {
    if (/no file|is empty|There is no/.test((error as Error).message)) return new Set();
    throw error;
  }
  const finished = project.listRuns().filter((run) => run.status === 'ran');
  project.close();
  return new Set(finished.map((run) => run.fingerprint));
}

describe('a run that is killed', () => {
  it(`at ${kills} random moments leaves a project that opens with every finished node, and ends with the same result`, {
    timeout: 600_000,
  }, async () => {
    const photo = folder.file('room.jpg');
    const click = await writeSmallSample(photo, 480);
    const asks = ['run', photo, '--click', `${click.x},${click.y}`, '--prompt', 'a green velvet sofa'];
    const started = performance.now();
    const whole = await report([...asks, '--project', folder.file('whole.davenport')], { cwd: folder.path });
    let span = performance.now() - started;

    const nodes = [...whole.edits.flatMap(({ stages }) => stages), whole.delivery].flatMap(
      (stage) => stage.nodes,
    ).length;
    let interrupted = 0;
    let target = folder.file('killed-0.davenport');
    let known = new Set<string>();
    const random = moments(20);
    for (let n = 0; interrupted < kills && n < 5 * kills; n += 1) {
      // A finished project has nothing left to interrupt: start another.
      if (known.size >= nodes) {
        target = folder.file(`killed-${n}.davenport`);
        known = new Set();
      }
      const begun = performance.now();
      const delay = (random.next().value as number) * span;
      const result = await davenport([...asks, '--project', target, '--json'], {
        cwd: folder.path,
        onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), delay),
      });
      if (result.signal === 'SIGKILL') interrupted += 1;
      else {
        expect(result.code).toBe(0);
        // It went faster than the first: the machine was busier then, or little was left.
        span = performance.now() - begun;
        target = folder.file(`killed-${n}-next.davenport`);
        known = new Set();
        continue;
      }
      const now = finishedNodes(target);
      for (const fingerprint of known) expect(now).toContain(fingerprint);
      known = now;
      if (now.size > 0) expect(await verifyProject(target)).toEqual([]);
    }
    expect(interrupted).toBe(kills);
    const resumed = await report([...asks, '--project', target], { cwd: folder.path });
    expect(digests(resumed)).toEqual(digests(whole));
    expect(readFileSync(target).length).toBeGreaterThan(0);
  });
});
