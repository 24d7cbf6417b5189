import { join } from 'node:path';
import { writeFileAtomic } from '../imaging/write-file.ts';
import { type SheetEntry, writeSheet } from './contact-sheet.ts';
import type { VariationResult } from './variations.ts';

/** Longer side of a picture of the grid, its caption and the gaps, px. */
const CELL = 400;
const CAPTION = 44;
const GAP = 12;
/** Pictures in a row; more seeds than that go on in the next. */
const COLUMNS = 8;

/** A picture of the grid with the words below it. */
interface Cell {
  readonly path: string | null;
  readonly caption: string;
}

/** Where the sheets of a set of variations were written. */
export interface VariationSheets {
  /** One picture: before at the upper left, a row a prompt, a column a seed. */
  readonly grid: string;
  readonly sheet: string;
}

/**
 * Writes `variations.jpg` and the contact sheet with the photo beside every variation.
 * @param photo a picture file of the photo as it was
 */
export async function writeVariationSheets(
  out: string,
  photo: string,
  title: string,
  results: readonly VariationResult[],
): Promise<VariationSheets> {
  const grid = join(out, 'variations.jpg');
  await writeFileAtomic(grid, [await drawGrid(rowsOf(out, photo, results))]);
  const done = results.filter(({ file }) => file !== null).length;
  const line = `${results.length} variations · ${done} delivered`;
  await writeSheet(
    { out, title, line },
    results.map((result) => entryOf(out, photo, result)),
  );
  return { grid, sheet: join(out, 'contact-sheet.html') };
}

function entryOf(out: string, photo: string, result: VariationResult): SheetEntry {
  const { file, status, error, prompt, seed } = result;
  return {
    label: prompt === '' ? `seed ${seed}` : `${prompt} · seed ${seed}`,
    state: status === 'failed' ? 'failed' : file === null ? 'queued' : 'done',
    text: error?.message ?? file ?? '',
    before: photo,
    after: file === null ? null : join(out, file),
  };
}

/** A row a prompt, wrapped where it has many seeds; the photo stands at the left of the first. */
function rowsOf(out: string, photo: string, results: readonly VariationResult[]): Cell[][] {
  const prompts = [...new Set(results.map(({ prompt }) => prompt))];
  const rows = prompts.flatMap((prompt) => {
    const cells = results
      .filter((result) => result.prompt === prompt)
      .map(({ file, seed, error }) => ({
        path: file === null ? null : join(out, file),
        caption: `${prompt === '' ? '' : `${prompt} · `}seed ${seed}${error ? ': failed' : ''}`,
      }));
    return Array.from({ length: Math.ceil(cells.length / COLUMNS) }, (_, row) =>
      cells.slice(row * COLUMNS, (row + 1) * COLUMNS),
    );
  });
  return rows.map((cells, row) => [
    { path: row === 0 ? photo : null, caption: row === 0 ? 'before' : '' },
    ...cells,
  ]);
}

async function drawGrid(rows: readonly (readonly Cell[])[]): Promise<Uint8Array> {
  const { sharp } = await import('../imaging/vips.ts');
  const { thumbnailOf } = await import('../imaging/thumbnail.ts');
  const columns = Math.max(...rows.map((cells) => cells.length));
  const [before] = rows[0] ?? [];
  const { width: w = CELL, height: h = CELL } = await sharp(
    await thumbnailOf(before?.path ?? '', CELL),
  ).metadata();
  const at = (column: number, row: number) => ({
    left: GAP + column * (w + GAP),
    top: GAP + row * (h + CAPTION + GAP),
  });
  const overlays = [];
  for (const [row, cells] of rows.entries()) {
    for (const [column, { path, caption }] of cells.entries()) {
      const { left, top } = at(column, row);
      const input = path === null ? null : await thumbnailOf(path, CELL).catch(() => null);
      if (input) overlays.push({ input: Buffer.from(input), left, top });
      if (caption) overlays.push({ input: captionOf(caption, w), left, top: top + h });
    }
  }
  const { left: width, top: height } = at(columns, rows.length);
  const canvas = { width, height, channels: 3 as const, background: '#262626' };
  return sharp({ create: canvas }).composite(overlays).jpeg({ quality: 90 }).toBuffer();
}

/** Two lines below a picture, as SVG. */
function captionOf(caption: string, width: number): Buffer {
  const cut = caption.lastIndexOf(' · ');
  const [first, second] = cut < 0 ? [caption, ''] : [caption.slice(0, cut), caption.slice(cut + 3)];
  const most = Math.floor(width / 7.4);
  const line = (text: string, y: number, fill: string) =>
    `<text x="0" y="${y}" fill="${fill}">${escape(text.length > most ? `${text.slice(0, most - 1)}…` : text)}</text>`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}" font-family="sans-serif" font-size="14">${line(first, 17, '#d9d9d9')}${line(second, 36, '#9a9a9a')}</svg>`,
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
