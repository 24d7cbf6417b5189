import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { findPacks, verifyPack } from '../../inference/packs.ts';
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
  const providers = await withEngine(({ engine }) => engine.providers());
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
    packs: checked,
  };
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
    `Providers of this build: ${report.providers.join(', ')}`,
    ...report.packs.map(
      ({ id, version, problems }) =>
        `Pack ${id} ${version}: ${problems.length === 0 ? 'complete' : problems.join('; ')}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
