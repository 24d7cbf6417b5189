import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { starterFolder } from '../../../main/inference/packs.ts';
import { openProject } from '../../../main/store/project.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport, entry, report, statuses, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();

/** A private mount namespace with a small file system of its own, where the machine lets us have one. */
const canMount =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt']).status === 0;

describe('a full disk', () => {
  it.skipIf(!canMount)(
    '(skipped where no small file system can be mounted) loses nothing that was finished',
    async () => {
      const photo = folder.file('room.jpg');
      const click = await writeSmallSample(photo, 720);
      const disk = folder.file('disk');
      const copy = folder.file('copy.davenport');
      await mkdir(disk);
      // Inside: run until the disk is full, say so, and carry the project out for a look.
      const command = `mount -t tmpfs -o size=4m tmpfs "${disk}" && cd "${disk}"
      "${process.execPath}" "${entry}" run "${photo}" --click ${click.x},${click.y} --prompt "a green sofa" --project p.davenport
      code=$?; cp p.davenport "${copy}"; cp p.davenport-wal "${copy}-wal" 2>/dev/null; exit $code`;
      const result = spawnSync('unshare', ['-rm', 'sh', '-c', command], { encoding: 'utf8' });
      const last = result.stderr.trim().split('\n').at(-1);
      expect(last).toMatch(/space|full/i);
      expect(result.status).toBe(1);
      const finished = openProject(copy, { write: true });
      const before = finished.listRuns().map((run) => run.node);
      finished.close();
      expect(before).toContain('segment.encode');
      const resumed = await report(['edit', copy], { cwd: folder.path });
      expect(resumed.edits[0]?.stages[0]?.nodes.find((node) => node.id === 'segment.encode')?.status).toBe(
        'reused',
      );
      expect(statuses(resumed)['upscale']).toBe('ran');
    },
  );
});

describe('a pack', () => {
  it('whose file does not match its hash is named, and what was finished before it is kept', async () => {
    const packs = folder.file('packs');
    await cp(starterFolder, join(packs, 'starter'), { recursive: true });
    const damaged = join(packs, 'starter', 'superres-x2.onnx');
    const bytes = await readFile(damaged);
    bytes[1000] = (bytes[1000] ?? 0) ^ 0xff;
    await writeFile(damaged, bytes);
    const photo = folder.file('room.jpg');
    const click = await writeSmallSample(photo, 480);
    const env = { DAVENPORT_PACKS: packs };
    const project = folder.file('p.davenport');
    const result = await davenport(
      ['run', photo, '--click', `${click.x},${click.y}`, '--prompt', 'sofa', '--project', project],
      { cwd: folder.path, env },
    );
    expect(result.stderr).toMatch(/superres-x2/);
    expect(result.stderr.trim().split('\n').at(-1)).toMatch(/hash|match/);
    expect(result.code).toBe(1);
    const rest = await report(['edit', project], { cwd: folder.path });
    expect(statuses(rest)).toEqual({
      segment: 'reused',
      depth: 'reused',
      inpaint: 'reused',
      color: 'reused',
      upscale: 'ran',
    });
    const verify = await davenport(['packs', 'verify'], { env });
    expect(verify.code).toBe(1);
    expect(verify.stderr).toMatch(/superres-x2/);
  });
});

it('leaves no process and no socket behind', async () => {
  const photo = folder.file('room.jpg');
  const click = await writeSmallSample(photo, 480);
  await report(['run', photo, '--click', `${click.x},${click.y}`, '--prompt', 'sofa', '--until', 'segment'], {
    cwd: folder.path,
  });
  const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(running.split('\n').filter((line) => line.includes(folder.path))).toEqual([]);
});
