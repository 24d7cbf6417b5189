import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../engine/supervisor.ts';
import { toErrorRecord } from '../../errors.ts';
import { verifyPack } from '../../inference/pack-files.ts';
import { findPacks, installFolder } from '../../inference/packs.ts';
import type { Provider } from '../../inference/providers.ts';
import { engineOptions } from '../engine-options.ts';
import { programVersion } from '../version.ts';
import { withEngine } from '../with-engine.ts';

/** `davenport doctor`: what this machine has, as the engine sees it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check execution providers, packs, memory and versions')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const report = await examine();
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatExamination(report));
    });
}

type Examination = Awaited<ReturnType<typeof examine>>;

async function examine() {
  const packs = findPacks();
  const built = await withEngine(({ engine }) => engine.providers());
  const providers: ProviderReport[] = [];
  for (const provider of built) providers.push(await tryProvider(provider));
  const checked: { id: string; version: string; problems: readonly string[] }[] = [];
  for (const pack of packs) {
    const problems = (await verifyPack(pack)).map((problem) => problem.message);
    checked.push({ id: pack.manifest.id, version: pack.manifest.version, problems });
  }
  return {
    davenport: programVersion(),
    node: process.versions.node,
    libraries: Object.fromEntries(
      ['onnxruntime-node', 'sharp', 'better-sqlite3'].map((name) => [name, versionOf(name)]),
    ),
    platform: `${process.platform} ${process.arch}`,
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', threads: cpus().length },
    memory: { totalMb: Math.round(totalmem() / 2 ** 20), freeMb: Math.round(freemem() / 2 ** 20) },
    providers,
    preset: engineOptions().preset ?? 'balanced',
    installFolder: installFolder(),
    packs: checked,
  };
}

/** A provider of the build, and whether it can start on this machine. */
interface ProviderReport {
  readonly provider: Provider;
  readonly starts: boolean;
  /** Why it does not, one line. */
  readonly reason: string | null;
}

/** Opens a small graph with it: the build's list says what was compiled in, not what this machine has. */
async function tryProvider(provider: Provider): Promise<ProviderReport> {
  const engine = startEngine({ provider });
  try {
    const { provider: started, failed } = await engine.describeModel('starter/superres-x2');
    const reason = failed.find((attempt) => attempt.provider === provider)?.reason ?? null;
    return { provider, starts: started === provider, reason };
  } catch (error) {
    return { provider, starts: false, reason: toErrorRecord(error).message };
  } finally {
    await engine.close();
  }
}

/** The installed version; packages need not export their package.json, so it is looked up beside their entry. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const marker = join('node_modules', name);
  const folder = entry.slice(0, entry.lastIndexOf(marker) + marker.length);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function formatExamination(report: Examination): string {
  const lines = [
    `Davenport ${report.davenport} on Node ${report.node}, ${report.platform}`,
    `Processor: ${report.cpu.model}, ${report.cpu.threads} threads; memory ${report.memory.totalMb} MB, ${report.memory.freeMb} MB free`,
    `Libraries: ${Object.entries(report.libraries)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    ...report.providers.map(({ provider, starts, reason }) =>
      starts ? `Provider ${provider}: starts` : `Provider ${provider}: does not start here (${reason})`,
    ),
    `Memory preset: ${report.preset}; installed packs go to ${report.installFolder}`,
    ...report.packs.map(
      ({ id, version, problems }) =>
        `Pack ${id} ${version}: ${problems.length === 0 ? 'complete' : problems.join('; ')}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
