/** `npm run test:electron`: the end-to-end tests in the real Electron. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', 'test/e2e', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, DAVENPORT_ELECTRON: '1' },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
