import {
  bareParts,
  filler,
  impossible,
  kindWords,
  materials,
  type Material,
  materialWords,
  type NamedColor,
  numbers,
  type PieceKind,
  styleWords,
} from './prompt-vocabulary.ts';
import { colors, colorWords } from './prompt-colors.ts';

/** What a prompt asks of a placed piece; null or empty where it says nothing. */
export interface Wish {
  readonly color: NamedColor | null;
  readonly material: Material | null;
  readonly kind: PieceKind | null;
  readonly seats: number | null;
  /** The word for a kind of seat that the catalogue has none of, such as "recliner"; null where it has some. */
  readonly nearly: string | null;
  /** Style words as the catalogue spells them. */
  readonly styles: readonly string[];
  /** Content words that mean nothing here, in the order they came. */
  readonly unknown: readonly string[];
  /** What cannot be had as asked, one sentence each. */
  readonly notes: readonly string[];
}

export type { Material, NamedColor, PieceKind } from './prompt-vocabulary.ts';

/** The covering of a piece where neither prompt nor catalogue names one. */
export const PLAIN_MATERIAL: Material = { name: 'fabric', ...materials['fabric']! };

/** How many names of a table there are; the words above are data and tests count them. */
export const vocabulary = {
  colors: Object.keys(colors),
  materials: Object.keys(materials),
  kinds: Object.keys(kindWords),
  styles: Object.keys(styleWords),
} as const;

/** The named color, or null; takes the spellings a prompt may use, and `#rrggbb`. */
export function findColor(name: string): NamedColor | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(name);
  if (hex) return hexColor(hex[1]!);
  const key = colorWords[name] ?? name;
  const rgb = colors[key];
  return rgb ? { name: key, rgb } : null;
}

/** The named material, or null; takes the spellings a prompt may use. */
export function findMaterial(name: string): Material | null {
  const key = materialWords[name] ?? name;
  const found = materials[key];
  return found ? { name: key, ...found } : null;
}

/**
 * Reads what a prompt wishes of a seat: color, material, kind, number of seats and style. The first color and
 * material named win; `#rrggbb` is a color too. Never throws: what it cannot use is in `unknown` and `notes`.
 */
export function readPrompt(prompt: string): Wish {
  const hex = /#([0-9a-f]{6})\b/i.exec(prompt);
  const words = prompt
    .toLowerCase()
    .replace(/#[0-9a-f]{6}\b/gi, ' ')
    .replace(/[,.;:()]+/g, ' , ')
    .replace(/[^\p{L}\p{N},]+/gu, ' ')
    .trim()
    .split(' ')
    .filter((w) => w.length > 0);
  const wish: Draft = {
    color: hex ? hexColor(hex[1]!) : null,
    material: null,
    kind: null,
    seats: null,
    nearly: null,
    styles: [],
    unknown: [],
    notes: [],
  };
  for (let i = 0; i < words.length; ) i += takeWord(wish, words, i);
  return wish;
}

/** A wish that is still being read. */
type Draft = { -readonly [K in keyof Wish]: Wish[K] } & {
  styles: string[];
  unknown: string[];
  notes: string[];
};

/** Takes what stands at `words[i]`, the longest phrase first; returns how many words it used. */
function takeWord(wish: Draft, words: readonly string[], i: number): number {
  if (words[i] === ',' || isOfBarePart(words, i)) return 1;
  for (const length of [3, 2, 1]) {
    if (i + length > words.length) continue;
    const phrase = words.slice(i, i + length).join(' ');
    const known = [phrase, phrase.replace(/s$/, '')].find((p) => isKnown(p));
    if (known === undefined) continue;
    const style = styleWords[known];
    if (style && !wish.styles.includes(style)) wish.styles.push(style);
    const kind = kindWords[known];
    if (kind) {
      if (wish.kind === null && kind.near) wish.nearly = known;
      wish.kind ??= kind.kind;
      wish.seats ??= kind.seats ?? null;
    }
    // "denim" is a cloth and a color: the cloth never hinders the color.
    wish.material ??= findMaterial(known);
    wish.color ??= findColor(known);
    return length;
  }
  const word = words[i]!;
  const seats = readSeats(words, i);
  if (seats) {
    wish.seats = seats.count;
    return seats.used;
  }
  if (impossible.test(word)) wish.notes.push(`There is no ${word} in the catalogue`);
  else if (!filler.has(word)) wish.unknown.push(word);
  return 1;
}

/** True for words like "walnut" in "walnut legs": up to three words before a bare part, in the same phrase. */
function isOfBarePart(words: readonly string[], i: number): boolean {
  for (const word of words.slice(i, i + 4)) {
    if (bareParts.test(word)) return true;
    if (word === ',' || word === 'with' || word === 'on' || kindWords[word]) return false;
  }
  return false;
}

function isKnown(phrase: string): boolean {
  return (
    findColor(phrase) !== null ||
    findMaterial(phrase) !== null ||
    kindWords[phrase] !== undefined ||
    styleWords[phrase] !== undefined
  );
}

/** "3 seater", "three seats", "2seater", "two person", "seats four". */
function readSeats(words: readonly string[], i: number): { count: number; used: number } | null {
  const word = words[i]!;
  if (word === 'seats' || word === 'seating') {
    const count = numberAt(words, i + 1);
    return count === null ? null : { count, used: 2 };
  }
  const joined = /^(\d)(?:seater|seat|seats)$/.exec(word);
  if (joined) return { count: Number(joined[1]), used: 1 };
  const count = numberAt(words, i);
  if (count === null) return null;
  return /^(seat|seats|seater|seaters|person|place|places)$/.test(words[i + 1] ?? '')
    ? { count, used: 2 }
    : null;
}

/** A number of one digit, or as a word. */
function numberAt(words: readonly string[], i: number): number | null {
  const word = words[i] ?? '';
  return numbers[word] ?? (/^[1-9]$/.test(word) ? Number(word) : null);
}

function hexColor(hex: string): NamedColor {
  const value = Number.parseInt(hex, 16);
  return { name: `#${hex.toLowerCase()}`, rgb: [value >> 16, (value >> 8) & 255, value & 255] };
}

/** What the choice looks at of a catalogue piece. */
export interface Choosable {
  readonly id: string;
  readonly name: string;
  readonly kind: PieceKind;
  readonly seats: number;
  readonly style: readonly string[];
  /** What it is usually covered with; decides between pieces that fit equally well. */
  readonly defaultMaterial?: string;
}

/** How much the usual material counts, where a style that fits counts 1. */
const MATERIAL_SHARE = 0.3;

/**
 * The catalogue piece nearest to a wish, with a note for each part of the wish it does not meet.
 * @param like the kind of the old object, followed where the prompt names none
 * @throws RangeError for an empty catalogue
 */
export function choosePiece<P extends Choosable>(
  wish: Wish,
  pieces: readonly P[],
  like: { readonly kind: PieceKind; readonly seats: number },
): { readonly piece: P; readonly notes: readonly string[] } {
  const kind = wish.kind ?? (wish.seats === null ? like.kind : wish.seats > 1 ? 'sofa' : 'armchair');
  const seats = wish.seats ?? (kind === like.kind ? like.seats : kind === 'sofa' ? 3 : 1);
  const scored = pieces.map((piece) => ({
    piece,
    score:
      (piece.kind === kind ? 0 : 10) +
      Math.abs(piece.seats - seats) * (wish.seats === null ? 0.6 : 2) -
      wish.styles.filter((s) => piece.style.includes(s)).length -
      (wish.material && wish.material.name === piece.defaultMaterial ? MATERIAL_SHARE : 0),
  }));
  scored.sort((a, b) => a.score - b.score);
  const best = scored[0];
  if (!best) throw new RangeError('Expected a catalogue with at least one piece');
  return { piece: best.piece, notes: [...wish.notes, ...unmet(wish, best.piece, kind)] };
}

function unmet(wish: Wish, piece: Choosable, kind: PieceKind): string[] {
  const notes: string[] = [];
  if (piece.kind !== kind) notes.push(`There is no ${kind} in the catalogue: ${piece.name} was taken`);
  else if (wish.nearly !== null)
    notes.push(`There is no ${wish.nearly} in the catalogue: ${piece.name} was taken`);
  if (wish.seats !== null && piece.seats !== wish.seats) {
    notes.push(
      `There is none with ${wish.seats} seats in the catalogue: ${piece.name} with ${piece.seats} was taken`,
    );
  }
  const missing = wish.styles.filter((s) => !piece.style.includes(s));
  if (missing.length > 0) notes.push(`${piece.name} is nearest; it is not ${missing.join(', ')}`);
  if (wish.unknown.length > 0) notes.push(`Not understood: ${wish.unknown.join(', ')}`);
  return notes;
}
