import { describe, expect, test } from 'vitest';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseClicks, readClicks, writeClicks } from '../../../main/batch/clicks-file.ts';

const parse = (photos: object) => parseClicks(JSON.stringify({ version: 1, photos }), 'clicks.json');

describe('the file of clicks', () => {
  test('one object is written short, several as a list', () => {
    const clicks = parse({
      'a.jpg': { clicks: [[1, 2]] },
      'b.jpg': {
        objects: [{ clicks: [[1, 2]] }, { box: [0, 0, 5, 5], set: { 'inpaint.prompt': 'a lamp' } }],
      },
      'c.jpg': { skip: true },
    });
    expect(clicks.get('a.jpg')?.objects).toEqual([
      { clicks: [[1, 2]], exclude: [], box: null, drawn: false, set: {} },
    ]);
    expect(clicks.get('b.jpg')?.objects.map(({ box }) => box)).toEqual([null, [0, 0, 5, 5]]);
    expect(clicks.get('c.jpg')).toEqual({ skip: true, objects: [] });
  });

  test('what is written is read back, one line a photo', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'davenport-test-'));
    try {
      const path = join(folder, 'clicks.json');
      const clicks = parse({ 'a "b".jpg': { clicks: [[1, 2]], exclude: [[3, 4]] }, 'c.jpg': { skip: true } });
      await writeClicks(path, clicks);
      expect(await readClicks(path)).toEqual(clicks);
      expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(8);
      expect((await readClicks(join(folder, 'none.json'))).size).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each([
    [{ 'a.jpg': { clicks: [[1]] } }, /a\.jpg › clicks/],
    [{ 'a.jpg': { click: [[1, 2]] } }, /a\.jpg/],
    [{ 'a.jpg': { clicks: [[1, 2]], set: { 'inpaint.promt': 'x' } } }, /unknown parameter “inpaint\.promt”/],
  ])('refuses %j by name', (photos, message) => {
    expect(() => parse(photos)).toThrow(message);
  });
});
