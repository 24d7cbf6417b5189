import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

const script = fileURLToPath(new URL('../fixtures/engine/parent.ts', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it.each(['test.steps', 'test.slow'])(
  'children end and clean up when their parent is killed during %s',
  async (node) => {
    const temporary = mkdtempSync(join(tmpdir(), 'engine-parent-'));
    const env = { ...process.env, TMPDIR: temporary };
    const parent = spawn(process.execPath, [script, node], { stdio: ['ignore', 'pipe', 'inherit'], env });
    try {
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
      const { models, pixels, folder } = JSON.parse(String(line)) as {
        models: number;
        pixels: number;
        folder: string;
      };
      expect([models, pixels].map(isAlive)).toEqual([true, true]);
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await vi.waitFor(() => expect([models, pixels].map(isAlive)).toEqual([false, false]), {
        timeout: 20_000,
      });
      rmSync(folder, { recursive: true });
      expect(readdirSync(temporary).filter((name) => name.startsWith('davenport-'))).toEqual([]);
    } finally {
      parent.kill('SIGKILL');
      rmSync(temporary, { recursive: true, force: true });
    }
  },
);
