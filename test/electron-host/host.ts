/**
 * The development host: the app's real main process under this Node, with a double in place of the module
 * `electron` and pages of the system's Chromium in place of windows. Started by `launch-host.ts` or `npm start`.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { closePopups } from './page-link.ts';
import type { FromTest, ToTest } from './control.ts';

const DOUBLE = new URL('./electron/index.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    /^electron(\/(main|common))?$/.test(specifier)
      ? { url: DOUBLE, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});

const { options, OPTIONS_VARIABLE, runtime } = await import('./electron/runtime.ts');
const { hostApp } = await import('./electron/app.ts');
const { handlerOf, privilegesOf } = await import('./electron/protocol.ts');
const { startChromium } = await import('./chromium.ts');
const { serveSchemes } = await import('./scheme-server.ts');
const electron = await import('./electron/index.ts');

delete process.env[OPTIONS_VARIABLE];
// The app may say in its window that it runs here, and not in Electron.
process.env['DAVENPORT_HOST'] = '1';
process.chdir(options.root);
// An installed app's own name is its only argument before those of the user.
const own = options.resources === null ? [process.execPath, options.main] : [process.execPath];
process.argv = [...own, ...options.args];
const resourcesPath = options.resources ?? join(options.root, 'node_modules/electron/dist/resources');
Object.assign(process, {
  type: 'browser',
  resourcesPath,
  ...(options.resources === null && { defaultApp: true }),
});
const versions = { ...process.versions, electron: '45.4.1', chrome: '' };
Object.defineProperty(process, 'versions', { value: versions });

const tell = (message: ToTest) => void (process.connected && process.send?.(message));

/** Runs a test's function with the electron module, as Playwright's `ElectronApplication.evaluate` does. */
async function evaluate(source: string, arg: unknown): Promise<unknown> {
  const run = runInThisContext(`(${source})`) as (module: object, arg: unknown) => unknown;
  return run(electron.default, arg);
}

async function becomeReady(): Promise<void> {
  const chromium = await startChromium({
    executable: options.chromium,
    profile: join(options.userData, 'chromium'),
    headed: options.interactive,
    debugPort: !options.interactive,
  });
  const { connection } = chromium;
  const { targetInfos } = await connection.root.send('Target.getTargets');
  runtime.firstTarget = targetInfos.find((target) => target.type === 'page')?.targetId ?? null;
  await connection.root.send('Target.setDiscoverTargets', { discover: true }); // tells of those at hand too
  closePopups(connection);
  const server = await serveSchemes({
    origins: runtime.origins,
    handlerOf,
    corsEnabled: (scheme) => privilegesOf(scheme).corsEnabled ?? false,
  });
  runtime.origins.port = server.port;
  runtime.chromium = chromium;
  versions.chrome = (await connection.root.send('Browser.getVersion')).product.replace(/^.*\//, '');
  runtime.stop = async () => {
    server.close();
    await chromium.close();
  };
  chromium.process.once('exit', () => hostApp.exit(0));
  tell({ type: 'ready', endpoint: chromium.endpoint ?? '', pid: chromium.process.pid ?? 0 });
  hostApp.becomeReady();
}

async function start(): Promise<void> {
  const stuck = setTimeout(
    () =>
      fail(
        new Error('The entry is still loading: one that awaits `ready` at its top level never gets there'),
      ),
    20_000,
  );
  await import(pathToFileURL(options.main).href);
  clearTimeout(stuck);
  if (!runtime.isQuitting) await becomeReady();
}

function fail(error: unknown): void {
  process.stderr.write(`${String((error as Error)?.stack ?? error)}\n`);
  process.exit(1);
}

process.on('message', (message: FromTest) => {
  if (message.type === 'start') start().catch(fail);
  else
    evaluate(message.source, message.arg).then(
      (value) => tell({ type: 'value', id: message.id, value }),
      (error: unknown) =>
        tell({ type: 'failed', id: message.id, error: String((error as Error).stack ?? error) }),
    );
});
process.on('disconnect', () => hostApp.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => hostApp.quit());
if (options.interactive) start().catch(fail);
else tell({ type: 'listening' });
