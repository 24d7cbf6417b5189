import { Command } from 'commander';
import { z } from 'zod';
import { MachineError, RequestError } from '../../errors.ts';
import { type CatalogPack, listedBytes, listedPack, readCatalog } from '../../inference/install/catalog.ts';
import { importFolder } from '../../inference/install/import-folder.ts';
import { type Installed, installPack, removePack } from '../../inference/install/install.ts';
import { stageOfKind } from '../../inference/adapters/graphs.ts';
import { firstLine } from '../../inference/providers.ts';
import { verifyPack } from '../../inference/pack-files.ts';
import { packBytes } from '../../inference/pack-manifest.ts';
import { findPacks, installFolder, type Pack, packOf } from '../../inference/packs.ts';
import { askYesNo } from '../ask.ts';
import { untilInterrupted } from '../interrupt.ts';
import { probeGraph } from '../probe-graph.ts';
import { startTransfer } from '../transfer-progress.ts';

interface JsonFlag {
  readonly json?: boolean;
}

/** `davenport packs list|install|import|verify|remove`. */
export function packsCommand(): Command {
  const packs = new Command('packs').description('Models and pictures that the stages use');
  packs
    .command('list')
    .description('installed packs with their licences; --all adds those that can be installed')
    .option('--all', 'also the packs of the catalog')
    .option('--json', 'print one JSON document')
    .action(({ json, all }: JsonFlag & { all?: boolean }) => listPacks(all ?? false, json ?? false));
  packs
    .command('install')
    .description('download a pack of the catalog; an interrupted download goes on where it stopped')
    .argument('<id>', 'as “packs list --all” names it')
    .option('--accept-licence <id>', 'accept the licence of this pack without being asked')
    .option('--catalog <file>', 'another catalog than the one that comes with Davenport')
    .option('--json', 'print one JSON document')
    .action(installListed);
  packs
    .command('import')
    .description('copy a pack, or a published model’s folder, into the installed packs')
    .argument('<folder>', 'with a pack.json, or with .onnx files as their publisher names them')
    .option('--id <id>', 'the id of a folder without pack.json')
    .option('--json', 'print one JSON document')
    .action(async (folder: string, { id, json }: JsonFlag & { id?: string }) => {
      const options = { folder: installFolder(), probe: probeGraph, id };
      const installed = await untilInterrupted((signal) => importFolder(folder, { ...options, signal }));
      reportInstalled(installed, json ?? false, 'imported');
    });
  packs
    .command('verify')
    .description('check every file of a pack against its hash')
    .argument('[id]', 'all packs where left out')
    .option('--json', 'print one JSON document')
    .action(async (id: string | undefined, { json }: JsonFlag) => verifyPacks(id, json ?? false));
  packs
    .command('remove')
    .description('delete an installed pack')
    .argument('<id>')
    .option('--yes', 'without being asked')
    .option('--json', 'print one JSON document')
    .action(removeInstalled);
  return packs;
}

function describeInstalled({ manifest, folder }: Pack) {
  const { id, version, title, licence, adapter, diffusion, models, unproven = [] } = manifest;
  const stage = adapter ? stageOfKind[adapter.kind] : diffusion ? 'inpaint' : null;
  return {
    id,
    version,
    title,
    licence,
    stage,
    models: Object.keys(models),
    bytes: packBytes(manifest),
    unproven,
    folder,
  };
}

function listPacks(all: boolean, json: boolean): void {
  const rows = findPacks().map(describeInstalled);
  const taken = new Set(rows.map(({ id }) => id));
  const available = all ? readCatalog().filter(({ id }) => !taken.has(id)) : [];
  if (json) {
    const catalog = available.map((pack) => ({ ...pack, ...listedBytes(pack) }));
    process.stdout.write(`${JSON.stringify({ packs: rows, ...(all ? { catalog } : {}) }, null, 2)}\n`);
    return;
  }
  for (const row of rows) {
    const serves = row.stage ? `  ${row.stage}` : '';
    process.stdout.write(
      `${row.id} ${row.version}  ${row.title}${serves}  ${(row.bytes / 1e6).toFixed(1)} MB  ${row.licence}\n  ${row.folder}\n`,
    );
    if (row.unproven.length > 0)
      process.stdout.write(`  hashes as they came, published by nobody: ${row.unproven.join(', ')}\n`);
  }
  if (available.length > 0) process.stdout.write('\nCan be installed:\n');
  for (const pack of available) {
    process.stdout.write(`${pack.id}  ${pack.title}  ${pack.stage}  ${formatSize(pack)}  ${pack.licence}\n`);
  }
}

function formatSize(pack: CatalogPack): string {
  const { bytes, approximate } = listedBytes(pack);
  return `${approximate ? 'about ' : ''}${(bytes / 1e6).toFixed(bytes < 1e7 && !approximate ? 1 : 0)} MB`;
}

interface InstallFlags extends JsonFlag {
  readonly acceptLicence?: string;
  readonly catalog?: string;
}

async function installListed(id: string, { acceptLicence, catalog, json }: InstallFlags): Promise<void> {
  const listed = listedPack(catalog === undefined ? readCatalog() : openCatalog(catalog), id);
  if (acceptLicence !== undefined && acceptLicence !== id) {
    throw new RequestError(
      `--accept-licence names “${acceptLicence}”, but “${id}” is to be installed`,
      `Read its licence, ${listed.licenceUrl}, and write --accept-licence ${id}`,
    );
  }
  const transfer = startTransfer(id, json ?? false);
  try {
    const installed = await untilInterrupted((signal) =>
      installPack(listed, {
        folder: installFolder(),
        probe: probeGraph,
        signal,
        acceptLicence: async () => acceptLicence === id || askLicence(listed),
        onProgress: transfer.onProgress,
      }),
    );
    transfer.stop();
    reportInstalled(installed, json ?? false, 'installed');
  } finally {
    transfer.stop();
  }
}

function openCatalog(path: string): readonly CatalogPack[] {
  try {
    return readCatalog(path);
  } catch (error) {
    throw new RequestError(
      `${path} is no catalog of packs: ${whyNot(error)}`,
      'See models/catalog.json for its form',
      {
        cause: error,
      },
    );
  }
}

/** The first thing that is wrong with a catalog, one line. */
function whyNot(error: unknown): string {
  const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
  if (!issue) return firstLine(error);
  return `${issue.path.join('.') || 'the document'}: ${issue.message}`;
}

/** Shows the licence and asks; nobody to ask counts as no. */
async function askLicence(listed: CatalogPack): Promise<boolean> {
  const { id, title, licence, licenceUrl, source, note } = listed;
  process.stderr.write(
    `${title} (${id}, ${formatSize(listed)})\n  from     ${source}\n  licence  ${licence}, ${licenceUrl}\n`,
  );
  if (note) process.stderr.write(`  ${note}\n`);
  return askYesNo('Do you accept this licence?');
}

function reportInstalled({ pack, unproven }: Installed, json: boolean, how: string): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ pack: describeInstalled(pack), unproven }, null, 2)}\n`);
    return;
  }
  const { id, version, licence } = pack.manifest;
  process.stdout.write(`${id} ${version} is ${how} in ${pack.folder}\n  licence  ${licence}\n`);
  if (unproven.length > 0)
    process.stdout.write('  Nobody published a hash of these files; this is what came and what is kept:\n');
  for (const { path, sha256 } of unproven) process.stdout.write(`  ${sha256}  ${path}\n`);
}

async function verifyPacks(id: string | undefined, json: boolean): Promise<void> {
  const all = findPacks();
  const chosen = id === undefined ? all : [packOf(all, id)];
  const results: { id: string; problems: { file: string; message: string }[] }[] = [];
  for (const pack of chosen) results.push({ id: pack.manifest.id, problems: [...(await verifyPack(pack))] });
  const bad = results.flatMap(({ id: pack, problems }) => problems.map((problem) => ({ pack, ...problem })));
  const first = bad[0];
  if (first) {
    const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
    throw new MachineError(`${first.message}${more}`, `Reinstall the pack “${first.pack}”`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ packs: results }, null, 2)}\n`);
  else for (const result of results) process.stdout.write(`${result.id}: every file is as it should be\n`);
}

async function removeInstalled(id: string, { yes, json }: JsonFlag & { yes?: boolean }): Promise<void> {
  const pack = packOf(findPacks(), id);
  const size = `${(packBytes(pack.manifest) / 1e6).toFixed(1)} MB`;
  if (pack.manifest.id !== 'starter' && !yes && !(await askYesNo(`Delete ${pack.folder} (${size})?`))) {
    throw new RequestError(`The pack “${id}” was not removed`, 'Add --yes to remove it without being asked');
  }
  await removePack(pack, installFolder());
  process.stdout.write(json ? `${JSON.stringify({ removed: id })}\n` : `${id} is removed\n`);
}
