import { expect, it } from 'vitest';
import { davenport, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();

it('doctor says which providers start here, not which were compiled in', async () => {
  const { stdout, code } = await davenport(['doctor', '--json'], { env: { DAVENPORT_PACKS: folder.path } });
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as {
    providers: { provider: string; starts: boolean; reason: string | null }[];
    preset: string;
    installFolder: string;
  };
  expect(report.providers.at(-1)).toEqual({ provider: 'cpu', starts: true, reason: null });
  for (const { starts, reason } of report.providers) expect(reason === null).toBe(starts);
  expect(report).toMatchObject({ preset: 'balanced', installFolder: folder.path });
});

it('an unknown preset in the environment is refused by name', async () => {
  const { code, stderr } = await davenport(['doctor'], { env: { DAVENPORT_MEMORY: 'tiny' } });
  expect([code, stderr]).toEqual([
    2,
    'davenport: DAVENPORT_MEMORY is “tiny”. Set it to one of low, balanced, high, or leave it out.\n',
  ]);
});
