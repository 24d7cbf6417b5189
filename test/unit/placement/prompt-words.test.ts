import { describe, expect, it } from 'vitest';
import { choosePiece, findColor, readPrompt, vocabulary } from '../../../main/placement/prompt-words.ts';

const pieces = [
  { id: 'mid', name: 'Mid-century sofa', kind: 'sofa', seats: 3, style: ['mid-century', 'modern'] },
  { id: 'mid-2', name: 'Mid-century loveseat', kind: 'sofa', seats: 2, style: ['mid-century', 'small'] },
  { id: 'chester', name: 'Chesterfield sofa', kind: 'sofa', seats: 3, style: ['chesterfield', 'classic'] },
  { id: 'barrel', name: 'Armchair', kind: 'armchair', seats: 1, style: ['barrel', 'art-deco'] },
] as const;
const sofa = { kind: 'sofa', seats: 3 } as const;
const chair = { kind: 'armchair', seats: 1 } as const;
const choice = (prompt: string, like: typeof sofa | typeof chair = sofa) =>
  choosePiece(readPrompt(prompt), pieces, like);

describe('readPrompt', () => {
  it('knows at least 40 colors and 8 materials', () => {
    expect(vocabulary.colors.length).toBeGreaterThanOrEqual(40);
    expect(vocabulary.materials.length).toBeGreaterThanOrEqual(8);
  });

  it('reads color, material, seats, kind and style', () => {
    const wish = readPrompt('A dark green velvet three-seater mid-century sofa');
    expect(wish.color?.name).toBe('dark green');
    expect(wish.material?.name).toBe('velvet');
    expect(wish.seats).toBe(3);
    expect(wish.kind).toBe('sofa');
    expect(wish.styles).toEqual(['mid-century']);
    expect(wish.unknown).toEqual([]);
  });

  it.each([
    ['gray couch', 'grey'],
    ['navy blue settee', 'navy'],
    ['off-white chair', 'ivory'],
    ['chair in #1a2b3c', '#1a2b3c'],
    ['denim sofa', 'denim'],
  ])('reads the color of "%s"', (prompt, name) => {
    expect(readPrompt(prompt).color?.name).toBe(name);
  });

  it('leaves the color of legs and frames alone', () => {
    expect(readPrompt('sofa with gold legs').color).toBeNull();
    expect(readPrompt('brass and walnut legs, blue linen sofa').color?.name).toBe('blue');
  });

  it.each([
    ['loveseat', 'sofa', 2],
    ['love seat', 'sofa', 2],
    ['2-seater couch', 'sofa', 2],
    ['armchair', 'armchair', 1],
    ['two club chairs', 'armchair', 1],
    ['a couch that seats four', 'sofa', 4],
    ['recliner', 'armchair', 1],
  ])('reads kind and seats of "%s"', (prompt, kind, seats) => {
    const wish = readPrompt(prompt);
    expect([wish.kind, wish.seats]).toEqual([kind, seats]);
  });

  it('keeps words it does not know', () => {
    expect(readPrompt('a sparkly unicorn sofa').unknown).toEqual(['sparkly', 'unicorn']);
  });

  it('gives every color a value that differs from the others', () => {
    const values = vocabulary.colors.map((name) => findColor(name)!.rgb.join());
    expect(new Set(values).size).toBe(values.length);
  });
});

describe('choosePiece', () => {
  it.each([
    ['green velvet sofa', 'mid'],
    ['a small sofa for two people', 'mid-2'],
    ['brown leather chesterfield', 'chester'],
    ['art deco armchair', 'barrel'],
  ])('takes for "%s" %s', (prompt, id) => {
    expect(choice(prompt).piece.id).toBe(id);
  });

  it('follows the old object where the prompt names no kind', () => {
    expect(choice('green velvet', chair).piece.id).toBe('barrel');
    expect(choice('green velvet', sofa).piece.kind).toBe('sofa');
    expect(choice('', sofa).notes).toEqual([]);
  });

  it('says so where it takes the nearest instead', () => {
    const { piece, notes } = choice('a six seater victorian sofa and a bed');
    expect(piece.kind).toBe('sofa');
    expect(notes.join(' ')).toMatch(/bed/);
    expect(notes.join(' ')).toMatch(/6 seats/);
    expect(notes.join(' ')).toMatch(/traditional/);
  });

  it('names a kind of seat that it has none of', () => {
    expect(choice('a leather recliner').notes.join(' ')).toMatch(/no recliner/);
    expect(choice('a leather armchair').notes).toEqual([]);
    expect(choice('an armchair instead of the recliner').notes).toEqual([]);
  });

  it('takes among equals the one that is usually covered so', () => {
    const usual = [
      { ...pieces[0], style: [], defaultMaterial: 'linen' },
      { ...pieces[2], style: [], defaultMaterial: 'leather' },
    ];
    expect(choosePiece(readPrompt('brown leather sofa'), usual, sofa).piece.id).toBe('chester');
    expect(choosePiece(readPrompt('brown linen sofa'), usual, sofa).piece.id).toBe('mid');
  });

  it('refuses an empty catalogue', () => {
    expect(() => choosePiece(readPrompt('sofa'), [], sofa)).toThrow(RangeError);
  });
});
