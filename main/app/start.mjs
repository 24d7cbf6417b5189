#!/usr/bin/env node
/**
 * `npm start`: opens the app in Electron where its binary is installed, else in the system's Chromium through the
 * development host, and says at a shell without a screen what to run instead.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const [major = 0] = process.versions.node.split('.').map(Number);
// Like bin.mjs: whatever Node the machine has, the app's is the one that comes with the package.
const node = major >= 24 ? process.execPath : join(dirname(require.resolve('node/package.json')), 'bin/node');
const args = process.argv.slice(2);

/** Electron's binary, where it has been fetched. */
function findElectron() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const path = join(
    dirname(require.resolve('electron/package.json')),
    'dist',
    names[process.platform] ?? 'electron',
  );
  return existsSync(path) ? path : null;
}

/** Where the app's data lies in development: apart from an installed app's. */
function userDataFolder() {
  const { APPDATA, XDG_CONFIG_HOME } = process.env;
  const config = { darwin: join(homedir(), 'Library/Application Support'), win32: APPDATA }[process.platform];
  return join(config ?? XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'davenport-development');
}

/** Runs a program to its end. @returns its exit code */
function run(program, parameters, env = process.env) {
  const child = spawn(program, parameters, { cwd: root, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const build = (...parts) => run(node, [join(root, 'vite.config.ts'), ...parts]);

async function startElectron(electron) {
  return (await build()) || run(electron, [root, ...args]);
}

async function startInChromium(chromium) {
  const userData = userDataFolder();
  mkdirSync(userData, { recursive: true });
  const options = {
    root,
    main: join(root, 'main/app/entry.ts'),
    args,
    userData,
    interactive: true,
    chromium,
    resources: null,
  };
  const env = { ...process.env, DAVENPORT_HOST_OPTIONS: JSON.stringify(options) };
  const flags = ['--disable-warning=ExperimentalWarning'];
  return (
    (await build('renderer', 'preload')) ||
    run(node, [...flags, join(root, 'test/electron-host/host.ts')], env)
  );
}

/** The system's Chromium, as the development host finds it. */
async function findChromium() {
  const source = `import { findChromium } from ${JSON.stringify(new URL('../../test/electron-host/chromium.ts', import.meta.url).href)};
    process.stdout.write(findChromium() ?? '');`;
  const child = spawn(node, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', source]);
  let found = '';
  for await (const text of child.stdout.setEncoding('utf8')) found += text;
  return found === '' ? null : found;
}

const say = (line) => process.stderr.write(`${line}\n`);

async function start() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) {
    say(
      'There is no screen here. At a shell: npm run davenport -- run <photo> --click X,Y --prompt "…" (--help tells more)',
    );
    return 2;
  }
  const electron = findElectron();
  if (electron) return startElectron(electron);
  const chromium = await findChromium();
  if (chromium) {
    say(
      `Electron’s binary is not installed (npx install-electron fetches it): opening in ${chromium} instead`,
    );
    return startInChromium(chromium);
  }
  say(
    'Neither Electron’s binary nor a Chromium is installed: run npx install-electron, or name one in DAVENPORT_CHROMIUM',
  );
  return 1;
}

process.exitCode = await start();
