import { existsSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProject, openProject, type Project } from '../../../main/store/project.ts';
import { noise, runOf, useFolder } from './helpers.ts';

const folder = useFolder();

function write(project: Project, seed: number, bytes = 100): Promise<number> {
  return project.writeArtifact(
    { dtype: 'u8', shape: [1, bytes, 1], window: null, digest: `d${seed}` },
    noise(bytes, seed),
  );
}

describe('runs', () => {
  it('come back with every column and their artifacts in order', async () => {
    const project = createProject(folder.file('a.davenport'));
    const logits = await write(project, 1);
    const mask = await write(project, 2);
    project.commitRun(runOf('f1'), { selection: mask, logits });
    const { artifacts, ...run } = project.findRun('f1')!;
    expect(run).toEqual(runOf('f1'));
    expect(Object.entries(artifacts).map(([name, { id, digest }]) => [name, id, digest])).toEqual([
      ['selection', mask, 'd2'],
      ['logits', logits, 'd1'],
    ]);
    expect(project.findRun('f2')).toBeNull();
    project.close();
  });

  it('that failed are listed and not found', () => {
    const project = createProject(folder.file('a.davenport'));
    project.commitRun(runOf('f1', { status: 'failed', provider: null }), {});
    expect(project.findRun('f1')).toBeNull();
    expect(project.listRuns().map((run) => [run.fingerprint, run.status])).toEqual([['f1', 'failed']]);
    project.commitRun(runOf('f1'), {});
    expect(project.findRun('f1')?.status).toBe('ran');
    expect(project.listRuns()).toHaveLength(1);
    project.close();
  });

  it('refuse an artifact that is not whole, and then record nothing', () => {
    const project = createProject(folder.file('a.davenport'));
    expect(() => project.commitRun(runOf('f1'), { mask: 7 })).toThrow(/whole artifact for mask/);
    expect(project.listRuns()).toEqual([]);
    project.close();
  });

  it('that replace another drop what only the other linked', async () => {
    const project = createProject(folder.file('a.davenport'));
    const old = await write(project, 1);
    const shared = await write(project, 2);
    project.commitRun(runOf('f1'), { a: old, b: shared });
    project.commitRun(runOf('f2'), { b: shared });
    project.commitRun(runOf('f1'), { a: await write(project, 3) });
    expect(project.findArtifact(old)).toBeNull();
    expect(project.findArtifact(shared)).not.toBeNull();
    project.close();
  });
});

describe('orphans', () => {
  it('are swept by the next one that opens the file alone', async () => {
    const path = folder.file('a.davenport');
    let project = createProject(path);
    const orphan = await write(project, 1);
    const linked = await write(project, 2);
    project.commitRun(runOf('f1'), { a: linked });
    project.close();
    const reader = openProject(path, { write: false });
    expect(reader.findArtifact(orphan)).not.toBeNull();
    reader.close();
    project = openProject(path, { write: true });
    expect(project.findArtifact(orphan)).toBeNull();
    expect(project.findArtifact(linked)).not.toBeNull();
    expect(existsSync(`${path}-wal`)).toBe(true);
    project.close();
  });
});

describe('eviction', () => {
  it('drops the least recently used runs, keeps the named ones, and shrinks the file', async () => {
    const path = folder.file('a.davenport');
    const project = createProject(path);
    const bytes = 1_000_000;
    for (const [seed, fingerprint] of ['f1', 'f2', 'f3', 'f4', 'f5'].entries()) {
      project.commitRun(runOf(fingerprint), { a: await write(project, seed + 1, bytes) });
    }
    project.touchRuns(['f2']);
    const before = project.size();
    expect(before.artifacts).toBeGreaterThan(5 * bytes * 0.99);
    const eviction = await project.evictArtifacts(['f1'], 3.1 * bytes);
    expect(eviction.runs).toBe(2);
    expect(eviction.artifactBytes).toBeGreaterThan(2 * bytes * 0.99);
    // f1 is kept by name, f2 was used last, so f3 and f4 are the oldest.
    expect(project.listRuns().map((run) => run.fingerprint)).toEqual(['f1', 'f2', 'f5']);
    expect(project.size().free).toBe(0);
    expect(project.size().file).toBeLessThan(before.file - 1.9 * bytes);
    expect(await project.evictArtifacts(['f1', 'f2', 'f5'], 0)).toEqual({ runs: 0, artifactBytes: 0 });
    project.close();
    expect(statSync(path).size).toBeLessThan(before.file - 1.9 * bytes);
  });

  it('does not touch what is being written', async () => {
    const project = createProject(folder.file('a.davenport'));
    const pending = await write(project, 1, 10_000);
    await project.evictArtifacts([], 0);
    project.commitRun(runOf('f1'), { a: pending });
    expect(project.findRun('f1')?.artifacts['a']?.id).toBe(pending);
    project.close();
  });
});
