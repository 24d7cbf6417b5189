import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashFile } from '../../../main/inference/pack-files.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport } from '../../support/shell.ts';

interface Report {
  readonly grid: string;
  readonly sheet: string;
  readonly variations: readonly {
    readonly stem: string;
    readonly status: string;
    readonly file: string | null;
    readonly sha256: string | null;
    readonly ran: number;
    readonly error: { readonly message: string } | null;
  }[];
}

let root: string;
let out: string;
let photo: string;
let click: string;
const vary = (...flags: string[]) =>
  davenport(['variations', photo, '--click', click, '--factor', '1', '--out', out, ...flags]);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  out = join(root, 'out');
  photo = join(root, 'room.jpg');
  const { x, y } = await writeSmallSample(photo, 320);
  click = `${x},${y}`;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('prompts and seeds over one photo', () => {
  test('each is a file of its own; what depends on neither is computed once; one that fails stops nobody', {
    timeout: 120_000,
  }, async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'a-red-sofa-seed-1.jpg'), 'somebody’s own');
    const prompts = join(root, 'prompts.txt');
    writeFileSync(prompts, '# spring\n\na red sofa\n');
    const { code, stdout } = await vary(
      '--prompt',
      'a green sofa',
      '--prompts',
      prompts,
      '--seeds',
      '1-2',
      '--json',
    );
    const { variations, grid, sheet } = JSON.parse(stdout) as Report;
    expect(code).toBe(3);
    expect(variations.map(({ stem, status }) => [stem, status])).toEqual([
      ['a-green-sofa-seed-1', 'ran'],
      ['a-green-sofa-seed-2', 'ran'],
      ['a-red-sofa-seed-1', 'failed'],
      ['a-red-sofa-seed-2', 'ran'],
    ]);
    expect(variations[2]?.error?.message).toMatch(/is there already/);
    expect(readFileSync(join(out, 'a-red-sofa-seed-1.jpg'), 'utf8')).toBe('somebody’s own');
    for (const { file, sha256 } of variations) if (file) expect(await hashFile(join(out, file))).toBe(sha256);
    // Encoding, mask, depth, floor and clean plate belong to the first alone.
    const [first, second] = variations;
    expect(second!.ran).toBeLessThanOrEqual(first!.ran - 5);
    const picture = await sharp(grid).metadata();
    expect(picture.width).toBeGreaterThan(picture.height);
    const html = readFileSync(sheet, 'utf8');
    expect(html).toContain('a green sofa · seed 2');
    expect(html.match(/-before\.jpg"/g)).toHaveLength(4);
    expect(html.match(/-after\.jpg"/g)).toHaveLength(3);
  });

  test('a second time nothing is done twice, and a new seed is added', { timeout: 120_000 }, async () => {
    const before = statSync(join(out, 'a-green-sofa-seed-1.jpg')).mtimeMs;
    const { stdout } = await vary('--prompt', 'a green sofa', '--seeds', '1-3', '--json');
    const { variations } = JSON.parse(stdout) as Report;
    expect(variations.map(({ status }) => status)).toEqual(['reused', 'reused', 'ran']);
    expect(statSync(join(out, 'a-green-sofa-seed-1.jpg')).mtimeMs).toBe(before);
  });

  test('interrupted, what was finished stays and is on the sheet', { timeout: 120_000 }, async () => {
    let child: ChildProcess | undefined;
    const { code } = await davenport(
      [
        'variations',
        photo,
        '--click',
        click,
        '--factor',
        '1',
        '--out',
        join(root, 'cut'),
        '--prompt',
        'x',
        '--seeds',
        '1-20',
      ],
      {
        onStart(started) {
          child = started;
          started.stderr?.on('data', (text: Buffer) => {
            if (/seed-1: /.test(text.toString())) child?.kill('SIGINT');
          });
        },
      },
    );
    expect(code).toBe(130);
    expect(existsSync(join(root, 'cut', 'x-seed-1.jpg'))).toBe(true);
    expect(existsSync(join(root, 'cut', 'x-seed-20.jpg'))).toBe(false);
    expect(readFileSync(join(root, 'cut', 'contact-sheet.html'), 'utf8')).toMatch(/20 variations/);
  });

  test('too many at once have to be meant; what is wrong leaves no trace', async () => {
    const none = join(root, 'none');
    const many = ['--prompt', 'a sofa', '--seeds', '1-49'];
    const refused = await davenport(['variations', photo, '--click', click, '--out', none, ...many]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/49 variations.*--many/)]);
    expect(existsSync(none)).toBe(false);
  });
});
