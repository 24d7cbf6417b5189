import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import PdfDocument from 'pdfkit';
import { writeFileAtomic } from '../imaging/write-file.ts';
import { type BatchReport, countsLine, type ReportedItem } from './batch-report.ts';

/** Side of the pictures, pixels. */
const SIDE = 480;
const PICTURES = 'contact-sheet';

/** What a sheet is called, and the line below that. */
export interface SheetTitle {
  /** The folder it is written to. */
  readonly out: string;
  readonly title: string;
  readonly line: string;
}

/** One picture of a sheet with what it was before. */
export interface SheetEntry {
  readonly label: string;
  readonly state: ReportedItem['state'];
  /** The verdict in words. */
  readonly text: string;
  /** Paths of the pictures; null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** An entry with its small pictures. */
interface Row {
  readonly entry: SheetEntry;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** Makes a small JPEG of a picture file. */
export type Thumbnail = (path: string, side: number) => Promise<Uint8Array>;

/** The contact sheet of a batch: before, after and verdict of every photo. See {@link writeSheet}. */
export function writeContactSheet(report: BatchReport, photos: string, thumbnail?: Thumbnail): Promise<void> {
  const entries = report.items.map((item) => ({
    label: item.photo,
    state: item.state,
    text: verdictOf(item),
    before: join(photos, item.photo),
    after: item.out === null ? null : join(report.out, item.out),
  }));
  const title = { out: report.out, title: report.recipe, line: countsLine(report) };
  return writeSheet(title, entries, thumbnail);
}

/** Writes `contact-sheet.html` with its folder of pictures, and `contact-sheet.pdf`. */
export async function writeSheet(
  sheet: SheetTitle,
  entries: readonly SheetEntry[],
  thumbnail: Thumbnail = shrinkHere,
): Promise<void> {
  await mkdir(join(sheet.out, PICTURES), { recursive: true });
  const pdf = new PdfSheet(sheet);
  const part = join(sheet.out, `.contact-sheet-${randomUUID().slice(0, 8)}.pdf.part`);
  const written = pipeline(pdf.document, createWriteStream(part));
  const rows: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const before = await picture(thumbnail, entry.before);
    const after = await picture(thumbnail, entry.after);
    const row = { entry, before, after };
    pdf.add(row);
    rows.push(await htmlRow(sheet, row, String(index + 1).padStart(4, '0')));
  }
  pdf.document.end();
  await written;
  await takeOver(part, join(sheet.out, 'contact-sheet.pdf'));
  await writeFileAtomic(join(sheet.out, 'contact-sheet.html'), [Buffer.from(htmlPage(sheet, rows))]);
}

async function takeOver(part: string, path: string): Promise<void> {
  await rename(part, path).catch(async (error: unknown) => {
    await rm(part, { force: true });
    throw error;
  });
}

/** Null where the file cannot be shown: that is told by the item's reason. */
async function picture(thumbnail: Thumbnail, path: string | null): Promise<Uint8Array | null> {
  return path === null ? null : thumbnail(path, SIDE).catch(() => null);
}

/** libvips is loaded when it is needed: where another process shrinks pictures it is not. */
const shrinkHere: Thumbnail = async (path, side) => {
  const { thumbnailOf } = await import('../imaging/thumbnail.ts');
  return thumbnailOf(path, side);
};

const STATES: Readonly<Record<ReportedItem['state'], string>> = {
  done: 'Delivered',
  failed: 'Failed',
  skipped: 'Left out',
  person: 'Needs a person',
  queued: 'Waiting',
  running: 'Interrupted',
  paused: 'Paused',
};

function verdictOf({ state, reason, seed, score, seconds }: ReportedItem): string {
  if (state !== 'done') return reason ?? '';
  return `seed ${seed}, score ${score?.toFixed(2)}, ${seconds} s`;
}

async function htmlRow(sheet: SheetTitle, { entry, before, after }: Row, stem: string): Promise<string> {
  const save = async (bytes: Uint8Array | null, which: string) => {
    if (!bytes) return '<div class="none"></div>';
    const file = `${PICTURES}/${stem}-${which}.jpg`;
    await writeFileAtomic(join(sheet.out, file), [bytes]);
    return `<img loading="lazy" src="${file}" alt="${escape(entry.label)}, ${which}">`;
  };
  return `<article class="${entry.state}">${await save(before, 'before')}${await save(after, 'after')}
<p><b>${escape(entry.label)}</b> <span>${STATES[entry.state]}</span> ${escape(entry.text)}</p></article>`;
}

function htmlPage(sheet: SheetTitle, rows: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(sheet.title)}: contact sheet</title>
<style>
body { margin: 24px; background: #262626; color: #d9d9d9; font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 18px; } header p { color: #9a9a9a; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(480px, 1fr)); gap: 24px; }
article { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; align-content: start; }
img, .none { width: 100%; aspect-ratio: 3 / 2; object-fit: contain; background: #1f1f1f; }
p { grid-column: 1 / -1; margin: 4px 0; color: #9a9a9a; } b { color: #d9d9d9; }
span { padding: 1px 8px; border-radius: 9px; background: #383838; color: #d9d9d9; }
.failed span { background: #5c2b27; } .person span { background: #5b4520; }
@media print { body { background: #fff; color: #000; } article { break-inside: avoid; } }
</style>
<header><h1>${escape(sheet.title)}</h1><p>${escape(sheet.line)}</p></header>
<main>
${rows.join('\n')}
</main></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A4, four photos a page; points. */
const MARGIN = 36;
const ROW = 186;
const PICTURE = { width: 256, height: 150 };

class PdfSheet {
  readonly document = new PdfDocument({ size: 'A4', margin: MARGIN, autoFirstPage: true });
  #y = MARGIN;

  constructor(sheet: SheetTitle) {
    this.document.info['Title'] = `${sheet.title}: contact sheet`;
    this.document.fontSize(14).text(printable(sheet.title), MARGIN, this.#y);
    this.document.fontSize(9).fillColor('#666').text(printable(sheet.line));
    this.#y = this.document.y + 10;
  }

  add({ entry, before, after }: Row): void {
    if (this.#y + ROW > this.document.page.height - MARGIN) {
      this.document.addPage();
      this.#y = MARGIN;
    }
    const { document } = this;
    for (const [index, bytes] of [before, after].entries()) {
      const x = MARGIN + index * (PICTURE.width + 8);
      document.rect(x, this.#y, PICTURE.width, PICTURE.height).fill('#eee');
      const fit: [number, number] = [PICTURE.width, PICTURE.height];
      if (bytes) document.image(Buffer.from(bytes), x, this.#y, { fit, align: 'center', valign: 'center' });
    }
    const text = `${printable(entry.label)}   ${STATES[entry.state]}   ${printable(entry.text)}`;
    const place = { width: document.page.width - 2 * MARGIN, height: 24, ellipsis: true };
    document
      .fontSize(8.5)
      .fillColor('#222')
      .text(text, MARGIN, this.#y + PICTURE.height + 5, place);
    this.#y += ROW;
  }
}

/** PDF's built-in fonts know Latin letters alone; the HTML sheet shows every name as it is. */
function printable(text: string): string {
  return text
    .replace(/[’‘]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[^\u0020-\u00ff]/g, '?');
}
