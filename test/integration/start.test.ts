import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { electronBinary, root } from '../e2e/launch.ts';

function start(env: NodeJS.ProcessEnv) {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'main/app/start.mjs')], {
    env: { ...rest, ...env },
    encoding: 'utf8',
  });
  return { status, stderr };
}

describe('npm start', () => {
  test.skipIf(process.platform !== 'linux')(
    'says in one line how to run at a shell where there is no screen',
    () => {
      const { status, stderr } = start({});
      expect(status).toBe(2);
      expect(stderr).toMatch(/^There is no screen here\. At a shell: npm run davenport -- run .*\n$/);
    },
  );

  test.skipIf(electronBinary() !== null)(
    'says in one line what to install where there is neither program',
    () => {
      const { status, stderr } = start({ DISPLAY: ':0', DAVENPORT_CHROMIUM: '/nowhere/chromium' });
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^Neither Electron’s binary nor a Chromium is installed: run npx install-electron.*\n$/,
      );
    },
  );
});
