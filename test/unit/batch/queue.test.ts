import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BatchQueue, MAX_BEGINNINGS, type NewItem } from '../../../main/batch/queue.ts';

let folder: string;
let path: string;
let queue: BatchQueue;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  path = join(folder, 'queue.sqlite');
  queue = BatchQueue.open(path);
});
afterEach(() => {
  queue.close();
  rmSync(folder, { recursive: true, force: true });
});

const item = (name: string, more: Partial<NewItem> = {}): NewItem => ({
  name,
  photo: `/photos/${name}`,
  project: `projects/${name}.davenport`,
  out: name,
  state: 'queued',
  ...more,
});
const names = () => queue.list().map(({ name }) => name);
const verdict = { accepted: true, score: 1, doubt: null, checks: [] };
const result = { seed: 0, sha256: 'a'.repeat(64), bytes: 1, width: 1, height: 1, ms: 1, ran: 1 };

describe('BatchQueue', () => {
  test('gives items in order, each once, and says when none waits', () => {
    queue.add([item('a'), item('b')]);
    expect([queue.claim(1)?.name, queue.claim(1)?.name, queue.claim(1)]).toEqual(['a', 'b', null]);
    expect(queue.nextTime()).toBeNull();
  });

  test('keeps items that are there already as they are', () => {
    queue.add([item('a')]);
    queue.finish(queue.claim(1)!.id, { state: 'done', result, verdict });
    expect(queue.add([item('a'), item('b')])).toBe(1);
    expect(queue.counts()).toMatchObject({ done: 1, queued: 1 });
  });

  test('what was at work when the program ended waits again; what ends it every time does not', () => {
    queue.add([item('a')]);
    for (let n = 1; n < MAX_BEGINNINGS; n++) {
      expect(queue.claim(1)?.attempts).toBe(n);
      queue.close();
      queue = BatchQueue.open(path);
      expect(queue.recover()).toBe(1);
    }
    queue.claim(1);
    expect(queue.recover()).toBe(0);
    expect(queue.list()[0]).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/ended each time/),
    });
  });

  test('an item that is put back waits for its time, and its beginning counts or not', () => {
    queue.add([item('a')]);
    const { id } = queue.claim(1)!;
    queue.putBack(id, 500, false);
    expect([queue.claim(499), queue.nextTime()]).toEqual([null, 500]);
    expect(queue.claim(500)?.attempts).toBe(2);
    queue.putBack(id, 0, true);
    expect(queue.claim(500)?.attempts).toBe(2);
  });

  test('pauses, resumes, leaves out and tries again, all or some', () => {
    queue.add([item('a'), item('b'), item('c', { state: 'failed', reason: 'bad' })]);
    const [a, b, c] = queue.list().map(({ id }) => id);
    expect(queue.pause()).toBe(2);
    expect(queue.claim(1)).toBeNull();
    expect(queue.resume([b!])).toBe(1);
    expect(queue.claim(1)?.name).toBe('b');
    expect(queue.cancel([a!, b!])).toBe(1); // b is at work
    expect(queue.retry([c!])).toBe(1);
    expect(queue.counts()).toMatchObject({ skipped: 1, running: 1, queued: 1 });
  });

  test('what a person accepts is delivered as it is', () => {
    queue.add([item('a', { state: 'person', reason: 'doubted' })]);
    expect(queue.accept(queue.list().map(({ id }) => id))).toBe(1);
    expect(queue.claim(1)).toMatchObject({ name: 'a', accepted: true });
  });

  test('items can be moved, again and again between the same two', () => {
    queue.add([item('a'), item('b'), item('c'), item('d')]);
    const [a, , c, d] = queue.list().map(({ id }) => id) as [number, number, number, number];
    queue.reorder(d, a);
    expect(names()).toEqual(['d', 'a', 'b', 'c']);
    for (let n = 0; n < 200; n++) queue.reorder(n % 2 ? c : d, a);
    expect(names()).toEqual(['d', 'c', 'a', 'b']);
    queue.reorder(d, null);
    expect(names()).toEqual(['c', 'a', 'b', 'd']);
  });

  test('refuses a file that is something else, and leaves it alone', () => {
    const other = join(folder, 'other.sqlite');
    writeFileSync(other, 'something else entirely, and long enough to be looked at');
    expect(() => BatchQueue.open(other)).toThrow(/no queue of Davenport/);
  });

  test('a page of ten thousand is read without reading the rest', () => {
    queue.add(Array.from({ length: 10_000 }, (_, i) => item(`photo ${i}`)));
    expect(queue.counts().queued).toBe(10_000);
    expect(queue.list(9_990, 20).map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, i) => `photo ${9_990 + i}`),
    );
  });
});
