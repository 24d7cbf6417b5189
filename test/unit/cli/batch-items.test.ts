import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOT_CLICKED } from '../../../main/batch/batch.ts';
import { BatchQueue, QUEUE_FILE } from '../../../main/batch/queue.ts';
import { chooseItems } from '../../../main/cli/batch-items.ts';

let folder: string;
let queue: BatchQueue;
const clicked = new Map(
  ['a', 'b', 'c', 'd'].map((name) => [
    name,
    {
      skip: false,
      objects: [{ clicks: [[1, 2]] as [number, number][], exclude: [], box: null, drawn: false, set: {} }],
    },
  ]),
);
const item = (name: string) => ({ name, photo: name, project: name, out: name, state: 'queued' as const });
const states = () => queue.list().map(({ name, state }) => `${name} ${state}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-items-'));
  queue = BatchQueue.open(join(folder, QUEUE_FILE));
  queue.add(['a', 'b', 'c', 'd'].map(item));
  queue.add([
    { ...item('e'), state: 'person', reason: NOT_CLICKED },
    { ...item('f'), state: 'skipped' },
  ]);
  queue.finish(1, { state: 'failed', reason: 'no' });
  queue.finish(2, { state: 'person', reason: 'a seam shows' });
});
afterEach(() => {
  queue.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what failed and what waits for a person is tried again, by group or by name; nothing unclicked is', () => {
  chooseItems(queue, clicked, { retry: ['failed', 'person', 'f'] });
  expect(states()).toEqual(['a queued', 'b queued', 'c queued', 'd queued', 'e person', 'f person']);
  expect(queue.item(6)?.reason).toBe(NOT_CLICKED);
});

test('accepted, left out, first', () => {
  chooseItems(queue, clicked, { accept: ['person'], skip: ['c'], first: ['d', 'b'] });
  expect(states()).toEqual(['d queued', 'b queued', 'a failed', 'c skipped', 'e person', 'f skipped']);
  expect(queue.item(2)?.accepted).toBe(true);
});

test('a photo that is not there is named, and nothing is changed', () => {
  const before = states();
  expect(() => chooseItems(queue, clicked, { skip: ['c'], first: ['z'] })).toThrow(/“z”/);
  expect(states()).toEqual(before);
});
