import { type ReadHandle, transact, type WriteHandle } from './database.ts';

/**
 * One state of the recipe. Revisions form a tree that only grows: undo moves the head to the parent, redo to the
 * child last visited, and a commit after an undo starts another branch.
 */
export interface RecipeRevision {
  readonly id: number;
  /** The revision it was made from; null for the first. */
  readonly parent: number | null;
  /** What the user did, in a few words. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly recipe: unknown;
}

/** A revision in the history list. */
export interface HistoryEntry extends Omit<RecipeRevision, 'recipe'> {
  /** `undo`: before the head on its line, `head`, `redo`: after it on its line, `branch`: on an abandoned line. */
  readonly place: 'undo' | 'head' | 'redo' | 'branch';
}

interface RevisionRow {
  readonly id: number;
  readonly parent: number | null;
  readonly redo: number | null;
  readonly label: string;
  readonly created_at: number;
  readonly recipe: string;
}

/** The recipe as it stands; null before the first commit. */
export function readHead(db: ReadHandle): RecipeRevision | null {
  const row = headRow(db);
  return row ? revisionFromRow(row) : null;
}

/**
 * Makes `recipe` the head, under a label for the history. Where it equals the head already, nothing is added.
 *
 * @returns the head
 */
export function commitRecipe(db: WriteHandle, recipe: unknown, label: string): RecipeRevision {
  const text = JSON.stringify(recipe);
  return transact(db, () => {
    const head = headRow(db);
    if (head?.recipe === text) return revisionFromRow(head);
    const id = Number(
      db
        .prepare('INSERT INTO recipe_revision (parent, label, created_at, recipe) VALUES (?, ?, ?, ?)')
        .run(head?.id ?? null, label, Date.now(), text).lastInsertRowid,
    );
    if (head) db.prepare('UPDATE recipe_revision SET redo = ? WHERE id = ?').run(id, head.id);
    moveHead(db, id);
    return requireHead(db);
  });
}

/** Goes one step back; null, and nothing changed, at the beginning. */
export function undoRecipe(db: WriteHandle): RecipeRevision | null {
  return transact(db, () => {
    const head = headRow(db);
    if (!head || head.parent === null) return null;
    // Arriving by another branch's end must not be undone by redo.
    db.prepare('UPDATE recipe_revision SET redo = ? WHERE id = ?').run(head.id, head.parent);
    moveHead(db, head.parent);
    return requireHead(db);
  });
}

/** Goes one step forward again; null, and nothing changed, at the end. */
export function redoRecipe(db: WriteHandle): RecipeRevision | null {
  return transact(db, () => {
    const head = headRow(db);
    if (!head || head.redo === null) return null;
    moveHead(db, head.redo);
    return requireHead(db);
  });
}

/** Makes any revision of the history the head, an abandoned branch's too. Throws TypeError for an unknown id. */
export function visitRevision(db: WriteHandle, id: number): RecipeRevision {
  return transact(db, () => {
    if (!rowOf(db, id)) throw new TypeError(`Expected a revision's id but received ${id}`);
    moveHead(db, id);
    // Redo from any ancestor leads back here.
    for (let row = rowOf(db, id); row && row.parent !== null; row = rowOf(db, row.parent)) {
      db.prepare('UPDATE recipe_revision SET redo = ? WHERE id = ?').run(row.id, row.parent);
    }
    return requireHead(db);
  });
}

/** Every revision, oldest first, without the recipes. */
export function listHistory(db: ReadHandle): HistoryEntry[] {
  const rows = db
    .prepare<[], RevisionRow>(
      "SELECT id, parent, redo, label, created_at, '' AS recipe FROM recipe_revision ORDER BY id",
    )
    .all();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const place = new Map<number, HistoryEntry['place']>();
  const head = headRow(db);
  if (head) {
    for (let id = head.redo; id !== null && !place.has(id); id = byId.get(id)?.redo ?? null)
      place.set(id, 'redo');
    for (let id = head.parent; id !== null; id = byId.get(id)?.parent ?? null) place.set(id, 'undo');
    place.set(head.id, 'head');
  }
  return rows.map((row) => ({
    id: row.id,
    parent: row.parent,
    label: row.label,
    createdAt: row.created_at,
    place: place.get(row.id) ?? 'branch',
  }));
}

/** One revision with its recipe; null for an unknown id. */
export function readRevision(db: ReadHandle, id: number): RecipeRevision | null {
  const row = rowOf(db, id);
  return row ? revisionFromRow(row) : null;
}

function moveHead(db: WriteHandle, revision: number): void {
  db.prepare(
    'INSERT INTO recipe_head (id, revision) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision',
  ).run(revision);
}

function headRow(db: ReadHandle): RevisionRow | undefined {
  return db
    .prepare<[], RevisionRow>('SELECT r.* FROM recipe_revision r JOIN recipe_head h ON h.revision = r.id')
    .get();
}

function rowOf(db: ReadHandle, id: number): RevisionRow | undefined {
  return db.prepare<[number], RevisionRow>('SELECT * FROM recipe_revision WHERE id = ?').get(id);
}

function requireHead(db: ReadHandle): RecipeRevision {
  return revisionFromRow(headRow(db)!);
}

function revisionFromRow(row: RevisionRow): RecipeRevision {
  return {
    id: row.id,
    parent: row.parent,
    label: row.label,
    createdAt: row.created_at,
    recipe: JSON.parse(row.recipe) as unknown,
  };
}
