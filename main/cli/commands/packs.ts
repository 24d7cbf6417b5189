import { Command } from 'commander';
import { MachineError } from '../../errors.ts';
import { findPacks, packOf, verifyPack } from '../../inference/packs.ts';

/** `davenport packs list|verify`. */
export function packsCommand(): Command {
  const packs = new Command('packs').description('Models and pictures that the stages use');
  packs
    .command('list')
    .description('installed packs with their licences')
    .option('--json', 'print one JSON document')
    .action(({ json }: { json?: boolean }) => listPacks(json ?? false));
  packs
    .command('verify')
    .description('check every file of a pack against its hash')
    .argument('[id]', 'all packs where left out')
    .option('--json', 'print one JSON document')
    .action(async (id: string | undefined, { json }: { json?: boolean }) => verifyPacks(id, json ?? false));
  return packs;
}

function listPacks(json: boolean): void {
  const rows = findPacks().map(({ manifest, folder }) => ({
    id: manifest.id,
    version: manifest.version,
    title: manifest.title,
    licence: manifest.licence,
    models: Object.keys(manifest.models),
    bytes: [...Object.values(manifest.models), ...manifest.files].reduce((sum, file) => sum + file.bytes, 0),
    folder,
  }));
  if (json) {
    process.stdout.write(`${JSON.stringify({ packs: rows }, null, 2)}\n`);
    return;
  }
  for (const row of rows) {
    process.stdout.write(
      `${row.id} ${row.version}  ${row.title}  ${(row.bytes / 1e6).toFixed(1)} MB  ${row.licence}\n  ${row.folder}\n`,
    );
  }
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
