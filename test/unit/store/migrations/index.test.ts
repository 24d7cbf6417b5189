import { existsSync, readdirSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { WriteHandle } from '../../../../main/store/database.ts';
import { LATEST_VERSION, migrate, migrations, readVersion } from '../../../../main/store/migrations/index.ts';

const steps = readdirSync(new URL('../../../../main/store/migrations/', import.meta.url)).filter((name) =>
  /^\d{4}-/.test(name),
);

describe('migrations', () => {
  it('are numbered without gaps, one file each', () => {
    expect(steps.map((name) => Number(name.slice(0, 4)))).toEqual(migrations.map(({ version }) => version));
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1));
  });

  it.each(steps)('%s has a test and a fixture of its format', (name) => {
    const test = new URL(name.replace(/\.ts$/, '.test.ts'), import.meta.url);
    expect(existsSync(test), `${test.pathname} is missing`).toBe(true);
    const fixture = new URL(
      `../../../fixtures/projects/${name.replace(/\.ts$/, '.davenport')}`,
      import.meta.url,
    );
    expect(existsSync(fixture), `${fixture.pathname} is missing`).toBe(true);
  });

  it('end at the latest format, and leave a step that fails undone', () => {
    const db = new Database(':memory:') as WriteHandle;
    migrate(db);
    expect(readVersion(db)).toBe(LATEST_VERSION);
    const broken = new Database(':memory:') as WriteHandle;
    broken.exec('CREATE TABLE artifact (a)');
    expect(() => migrate(broken)).toThrow(/already exists/);
    expect(readVersion(broken)).toBe(0);
    expect(broken.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'setting'").pluck().get()).toBe(0);
  });
});
