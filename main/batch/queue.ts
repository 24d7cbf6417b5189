import type Database from 'better-sqlite3';
import { type ErrorRecord, MachineError } from '../errors.ts';
import {
  type BatchItem,
  type Counts,
  type ItemResult,
  type ItemState,
  itemStates,
  type NewItem,
} from './batch-item.ts';
import type { GateVerdict } from './gates.ts';
import { COLUMNS, fromRow, openQueueFile, type Row, toText } from './queue-file.ts';

export type { BatchItem, ItemResult, ItemState, NewItem } from './batch-item.ts';
export type { Counts } from './batch-item.ts';
export { QUEUE_FILE } from './queue-file.ts';

/** An item that was begun this often without an end takes the program down with it. */
export const MAX_BEGINNINGS = 4;

/**
 * The queue of one batch, in one SQLite file: every change is on the disk when it returns. One process works on it at
 * a time; others may read.
 */
export class BatchQueue {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Opens a queue, making it where there is none. @throws RequestError for a file that is something else or newer */
  static open(path: string): BatchQueue {
    return new BatchQueue(openQueueFile(path));
  }

  close(): void {
    this.#db.close();
  }

  /** Adds items at the end, in order; those whose name is there already are left as they are. Gives how many came. */
  add(items: readonly NewItem[]): number {
    const insert = this.#db.prepare(
      `INSERT OR IGNORE INTO item (position, name, photo, project, out, state, reason, stage, error)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    return this.#db.transaction(() => {
      let position = this.#lastPosition();
      let added = 0;
      for (const { name, photo, project, out, state, reason, stage, error } of items) {
        position += 1;
        const values = [
          position,
          name,
          photo,
          project,
          out,
          state,
          reason ?? null,
          stage ?? null,
          toText(error),
        ];
        added += insert.run(...values).changes;
      }
      return added;
    })();
  }

  /** What a process that is no more had at work goes back to the queue. Gives how many. */
  recover(): number {
    const crashed = { kind: 'machine', message: 'The program ended each time it was at work on this photo' };
    return this.#db.transaction(() => {
      const back = this.#db
        .prepare("UPDATE item SET state = 'queued' WHERE state = 'running' AND begun < ?")
        .run(MAX_BEGINNINGS).changes;
      this.#db
        .prepare("UPDATE item SET state = 'failed', reason = ?, error = ? WHERE state = 'running'")
        .run(crashed.message, JSON.stringify({ ...crashed, next: 'Open this photo alone to see why' }));
      return back;
    })();
  }

  /** The next item whose time has come, marked as running; null where none waits. */
  claim(now: number): BatchItem | null {
    return this.#db.transaction(() => {
      const row = this.#db
        .prepare<[number], Row>(
          `SELECT ${COLUMNS} FROM item WHERE state = 'queued' AND not_before <= ? ORDER BY position LIMIT 1`,
        )
        .get(now);
      if (!row) return null;
      this.#db
        .prepare(
          "UPDATE item SET state = 'running', attempts = attempts + 1, begun = begun + 1, reason = NULL, stage = NULL, error = NULL WHERE id = ?",
        )
        .run(row.id);
      return fromRow({ ...row, state: 'running', attempts: row.attempts + 1 });
    })();
  }

  /** Marks an item that waits as running: somebody else has it at work. Null where it does not wait any more. */
  begin(id: number): BatchItem | null {
    const { changes } = this.#db
      .prepare(
        "UPDATE item SET state = 'running', attempts = attempts + 1, reason = NULL, stage = NULL, error = NULL WHERE id = ? AND state = 'queued'",
      )
      .run(id);
    return changes > 0 ? this.item(id) : null;
  }

  /** When the next queued item's time comes, ms since 1970; null where none waits. */
  nextTime(): number | null {
    return this.#db
      .prepare<[], number | null>("SELECT min(not_before) FROM item WHERE state = 'queued'")
      .pluck()
      .get() as number | null;
  }

  /** Enters how an item ended. */
  finish(
    id: number,
    end:
      | { readonly state: 'done'; readonly result: ItemResult; readonly verdict: GateVerdict }
      | {
          readonly state: 'person' | 'failed' | 'skipped';
          readonly reason: string;
          readonly stage?: string | null;
          readonly error?: ErrorRecord | null;
          readonly verdict?: GateVerdict | null;
        },
  ): void {
    const done = end.state === 'done';
    this.#db
      .prepare(
        'UPDATE item SET state = ?, begun = 0, reason = ?, stage = ?, error = ?, verdict = ?, result = ? WHERE id = ?',
      )
      .run(
        end.state,
        done ? null : end.reason,
        done ? null : (end.stage ?? null),
        done ? null : toText(end.error),
        toText(end.verdict),
        done ? JSON.stringify(end.result) : null,
        id,
      );
  }

  /** Puts an item back, to be tried again not before a time; `keep` where its beginning does not count. */
  putBack(id: number, notBefore: number, keep: boolean): void {
    const count = keep ? 'attempts = attempts - 1,' : '';
    this.#db
      .prepare(
        `UPDATE item SET state = 'queued', ${count} begun = 0, not_before = ? WHERE id = ? AND state = 'running'`,
      )
      .run(notBefore, id);
  }

  /** Holds back items that wait, or lets them wait again. @param ids all where absent. Gives how many. */
  pause(ids?: readonly number[]): number {
    return this.#move(ids, ['queued'], 'paused');
  }

  resume(ids?: readonly number[]): number {
    return this.#move(ids, ['paused'], 'queued');
  }

  /** Leaves out items that are not at work and not done. */
  cancel(ids?: readonly number[]): number {
    return this.#move(ids, ['queued', 'paused', 'person', 'failed'], 'skipped');
  }

  /** Tries again what failed, was left out, needs a person or is done: what is unchanged is not computed again. */
  retry(ids: readonly number[]): number {
    return this.#move(ids, ['failed', 'person', 'skipped', 'done'], 'queued');
  }

  /** A person accepts what the gates doubted: these items are delivered as they are. */
  accept(ids: readonly number[]): number {
    const mark = this.#db.prepare("UPDATE item SET accepted = 1 WHERE state = 'person' AND id = ?");
    return this.#db.transaction(() => {
      for (const id of ids) mark.run(id);
      return this.#move(ids, ['person'], 'queued');
    })();
  }

  /** Moves an item to stand before another, or to the end. */
  reorder(id: number, before: number | null): void {
    this.#db.transaction(() => {
      const position = before === null ? this.#lastPosition() + 1 : this.#between(before);
      this.#db.prepare('UPDATE item SET position = ? WHERE id = ?').run(position, id);
    })();
  }

  item(id: number): BatchItem | null {
    const row = this.#db.prepare<[number], Row>(`SELECT ${COLUMNS} FROM item WHERE id = ?`).get(id);
    return row ? fromRow(row) : null;
  }

  /** Items in order, a page at a time. */
  list(offset = 0, limit = Number.MAX_SAFE_INTEGER): BatchItem[] {
    return this.#db
      .prepare<[number, number], Row>(`SELECT ${COLUMNS} FROM item ORDER BY position LIMIT ? OFFSET ?`)
      .all(limit, offset)
      .map(fromRow);
  }

  counts(): Counts {
    const rows = this.#db
      .prepare<[], { state: ItemState; n: number }>('SELECT state, count(*) AS n FROM item GROUP BY state')
      .all();
    const zero = Object.fromEntries(itemStates.map((state) => [state, 0])) as Record<ItemState, number>;
    for (const { state, n } of rows) zero[state] = n;
    return zero;
  }

  /** Items in a state for a reason, in order. */
  listFor(state: ItemState, reason: string, limit = Number.MAX_SAFE_INTEGER): BatchItem[] {
    return this.#db
      .prepare<[string, string, number], Row>(
        `SELECT ${COLUMNS} FROM item WHERE state = ? AND reason = ? ORDER BY position LIMIT ?`,
      )
      .all(state, reason, limit)
      .map(fromRow);
  }

  countFor(state: ItemState, reason: string): number {
    const count = this.#db.prepare<[string, string], number>(
      'SELECT count(*) FROM item WHERE state = ? AND reason = ?',
    );
    return count.pluck().get(state, reason) ?? 0;
  }

  setting(key: string): unknown {
    const text = this.#db
      .prepare<[string], string>('SELECT value FROM setting WHERE key = ?')
      .pluck()
      .get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  setSetting(key: string, value: unknown): void {
    this.#db
      .prepare('INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
      .run(key, JSON.stringify(value));
  }

  #move(ids: readonly number[] | undefined, from: readonly ItemState[], to: ItemState): number {
    const marks = from.map(() => '?').join(', ');
    const clear =
      to === 'queued'
        ? ', not_before = 0, begun = 0, attempts = 0, reason = NULL, stage = NULL, error = NULL'
        : '';
    const all = this.#db.prepare(`UPDATE item SET state = ?${clear} WHERE state IN (${marks})`);
    if (!ids) return all.run(to, ...from).changes;
    const one = this.#db.prepare(`UPDATE item SET state = ?${clear} WHERE state IN (${marks}) AND id = ?`);
    return this.#db.transaction(() => ids.reduce((sum, id) => sum + one.run(to, ...from, id).changes, 0))();
  }

  #lastPosition(): number {
    return (
      (this.#db.prepare<[], number | null>('SELECT max(position) FROM item').pluck().get() as
        | number
        | null) ?? 0
    );
  }

  /** A position right before an item; all are numbered anew where halving has used the numbers up. */
  #between(id: number): number {
    const at = this.#db.prepare<[number], number>('SELECT position FROM item WHERE id = ?').pluck();
    const upper = at.get(id);
    if (upper === undefined)
      throw new MachineError('The item is no longer in the queue', 'Load the list again');
    const lower =
      (this.#db
        .prepare<[number], number | null>('SELECT max(position) FROM item WHERE position < ?')
        .pluck()
        .get(upper) as number | null) ?? upper - 2;
    const middle = (lower + upper) / 2;
    if (middle > lower && middle < upper) return middle;
    this.#db.exec(
      'UPDATE item SET position = n FROM (SELECT id AS i, row_number() OVER (ORDER BY position) AS n FROM item) WHERE id = i',
    );
    return at.get(id)! - 0.5;
  }
}
