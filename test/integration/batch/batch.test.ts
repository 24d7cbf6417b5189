import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchReport } from '../../../main/batch/batch-report.ts';
import { hashFile } from '../../../main/inference/pack-files.ts';
import { makeBatchFolder, type BatchFolder } from '../../support/batch-folder.ts';
import { davenport, type ShellResult } from '../../support/shell.ts';

let root: string;
let folder: BatchFolder;
let out: string;
let result: ShellResult;
let report: BatchReport;
const batch = (...more: string[]) =>
  davenport(['batch', folder.photos, '--recipe', folder.recipe, '--out', out, '--json', ...more]);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  out = join(root, 'out');
  folder = await makeBatchFolder(root, 15);
  result = await batch();
  report = JSON.parse(result.stdout) as BatchReport;
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('twenty photos, five of them bad', () => {
  test('the batch ends, fifteen are delivered, five are listed with reasons, and the exit code says so', () => {
    expect(result.code).toBe(3);
    expect(report.counts).toEqual({ found: 20, done: 15, failed: 5, skipped: 0, needsPerson: 0, waiting: 0 });
    const failed = report.items.filter((item) => item.state === 'failed');
    expect(failed.map((item) => item.photo).sort()).toEqual([...folder.bad].sort());
    for (const item of failed) expect(item.reason).toMatch(/\w+/);
    expect(failed.find((item) => item.photo === 'bomb.png')?.reason).toMatch(/60000 × 60000/);
    expect(failed.find((item) => item.photo === 'cut short.jpg')?.reason).toMatch(
      /cut off|truncated|damaged/,
    );
  });

  test('every good photo keeps its folder, its format and its size', async () => {
    for (const item of report.items.filter(({ state }) => state === 'done')) {
      const path = join(out, item.out!);
      const source = await sharp(join(folder.photos, item.photo)).metadata();
      const delivered = await sharp(path).metadata();
      expect(item.out).toMatch(/-edited\.(jpg|png|tif|webp)$/);
      expect(item.out!.startsWith('second floor/')).toBe(item.photo.startsWith('second floor/'));
      expect([delivered.format, delivered.width, delivered.height]).toEqual([
        source.format,
        source.width,
        source.height,
      ]);
      expect(await hashFile(path)).toBe(item.sha256);
      expect(existsSync(join(out, item.project))).toBe(true);
    }
  });

  test('the report as a table holds the same counts, and the contact sheet every photo', () => {
    const rows = readFileSync(join(out, 'report.csv'), 'utf8').trim().split('\r\n').slice(1);
    expect(rows).toHaveLength(20);
    expect(rows.filter((row) => /,done,/.test(row))).toHaveLength(15);
    const html = readFileSync(join(out, 'contact-sheet.html'), 'utf8');
    for (const item of report.items) expect(html).toContain(item.photo);
    expect(html.match(/-after\.jpg"/g)).toHaveLength(15);
    expect(readFileSync(join(out, 'contact-sheet.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('a second run has nothing to do and touches nothing', async () => {
    const again = JSON.parse((await batch('--resume')).stdout) as BatchReport;
    expect(again).toEqual(report);
  });
});
