/**
 * What Electron loads: the window (served by the app's own scheme), the preload (one CommonJS file, since it is
 * sandboxed) and the main process with the engine's children (natives stay outside). Everything of a part lies flat,
 * two levels below the root as its sources do, so that `new URL('../../', import.meta.url)` is the root in both.
 *
 *     node vite.config.ts [renderer] [preload] [main]      builds what changed since it was built last
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { InlineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

export const PARTS = ['renderer', 'preload', 'main'] as const;
export type Part = (typeof PARTS)[number];

const COMMON: InlineConfig = { configFile: false, logLevel: 'error', publicDir: false };

async function configOf(part: Part, outDir: string): Promise<InlineConfig> {
  const build = { outDir, emptyOutDir: true, reportCompressedSize: false, chunkSizeWarningLimit: 4000 };
  if (part === 'renderer') {
    const { default: react } = await import('@vitejs/plugin-react');
    // Nothing inline: the content security policy allows neither scripts nor data: addresses.
    const files = { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'chrome144' };
    return { ...COMMON, root: join(root, 'renderer'), plugins: [react()], build: { ...build, ...files } };
  }
  if (part === 'preload') {
    const lib = {
      entry: join(root, 'preload/bridge.ts'),
      formats: ['cjs' as const],
      fileName: () => 'bridge.cjs',
    };
    return {
      ...COMMON,
      root,
      build: { ...build, lib, target: 'chrome144', rolldownOptions: { external: ['electron'] } },
    };
  }
  const input = [
    'main/app/entry.ts',
    ...globSync('main/engine/{models,pixels,tiles}-child.ts', { cwd: root }),
  ];
  return {
    ...COMMON,
    root,
    build: {
      ...build,
      ssr: true,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(input.map((file) => [basename(file, '.ts'), join(root, file)])),
        external: ['electron'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  };
}

const SOURCES: Record<Part, readonly string[]> = {
  renderer: ['renderer/**/*', 'preload/*.ts', 'main/**/*.ts'],
  preload: ['preload/*.ts'],
  main: ['main/**/*.ts', 'preload/*.ts'],
};

/** One hash over everything that a part is made of. */
function hashOf(part: Part): string {
  const hash = createHash('sha256');
  const files = globSync([...SOURCES[part], 'package-lock.json', 'vite.config.ts'], {
    cwd: root,
    withFileTypes: true,
  });
  const paths = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

/** Keeps others from building at the same time; a lock whose holder is gone is taken over. */
async function locked<T>(run: () => Promise<T>): Promise<T> {
  const lock = join(dist, '.lock');
  mkdirSync(dist, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      else await sleep(100);
    }
  }
  try {
    return await run();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Builds the parts whose sources changed since they were built last. @returns those that were */
export function buildApp(parts: readonly Part[] = PARTS): Promise<Part[]> {
  return locked(async () => {
    const built: Part[] = [];
    for (const part of parts) {
      const stamp = join(dist, `.${part}.sha256`);
      const hash = hashOf(part);
      const target = join(dist, part);
      if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) continue;
      const { build } = await import('vite');
      const draft = join(dist, `.${part}.draft`);
      rmSync(stamp, { force: true });
      await build(await configOf(part, draft));
      rmSync(target, { recursive: true, force: true });
      renameSync(draft, target);
      writeFileSync(stamp, hash);
      built.push(part);
    }
    return built;
  });
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  const unknown = asked.find((part) => !PARTS.includes(part as Part));
  if (unknown !== undefined) {
    process.stderr.write(`Unknown part ${unknown}; choose of: ${PARTS.join(', ')}\n`);
    process.exitCode = 2;
  } else {
    const built = await buildApp(asked.length > 0 ? (asked as Part[]) : PARTS);
    process.stdout.write(built.length > 0 ? `Built ${built.join(', ')}\n` : 'Nothing changed\n');
  }
}
