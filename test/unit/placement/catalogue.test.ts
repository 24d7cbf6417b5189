import { beforeAll, describe, expect, it } from 'vitest';
import { MachineError } from '../../../main/errors.ts';
import {
  listPieces,
  loadCatalogue,
  loadShadowMap,
  loadView,
  type Piece,
  type PieceFiles,
} from '../../../main/placement/catalogue.ts';
import { minimize } from '../../../main/placement/minimize.ts';
import { fakeCatalogue } from './fake-catalogue.ts';

let files: PieceFiles;
let pieces: readonly Piece[];

beforeAll(async () => {
  ({ files, pieces } = await fakeCatalogue());
});

/** The fake catalogue with one file replaced. */
const withFile = (name: string, bytes: Uint8Array): PieceFiles => ({
  ...files,
  read: async (file) => (file.endsWith(name) ? bytes : files.read(file)),
});

describe('loadCatalogue', () => {
  it('reads every piece with its folder', () => {
    expect(pieces.map((p) => p.id)).toEqual(['block-chair', 'block-sofa']);
    expect(pieces[0]!.folder).toBe('catalogue/block-chair/');
    expect(pieces[0]!.views).toHaveLength(6);
  });

  it('refuses a card that does not fit the format, by name', async () => {
    const bad = withFile('block-sofa/piece.json', new TextEncoder().encode('{"id": "x"}'));
    await expect(loadCatalogue(bad)).rejects.toThrow(MachineError);
    await expect(loadCatalogue(bad)).rejects.toThrow(/block-sofa\/piece\.json/);
    const broken = withFile('block-sofa/piece.json', new TextEncoder().encode('{'));
    await expect(loadCatalogue(broken)).rejects.toThrow(MachineError);
  });
});

describe('listPieces', () => {
  it('names every piece with its size in cm, sofas first', async () => {
    const cards = await listPieces(files);
    expect(cards.map((c) => c.id)).toEqual(['block-sofa', 'block-chair']);
    const sofa = pieces.find((p) => p.id === 'block-sofa')!;
    expect(cards[0]).toMatchObject({ title: sofa.name, seats: sofa.seats, kind: 'sofa', thumbnail: null });
    expect(cards[0]!.sizeCm.width).toBe(Math.round(sofa.size.width * 100));
  });

  it('gives the path of a thumbnail that the pack has', async () => {
    const path = 'catalogue/block-chair/thumb.webp';
    const withThumb = { ...files, list: (prefix: string) => [...files.list(prefix), path] };
    const cards = await listPieces(withThumb);
    expect(cards.map((c) => c.thumbnail)).toEqual([null, path]);
  });
});

describe('loadView', () => {
  it('gives layers of the size the card names', async () => {
    const view = pieces[0]!.views[0]!;
    const layers = await loadView(files, pieces[0]!, view);
    for (const layer of [layers.albedo, layers.diffuse, layers.gloss, layers.matte])
      expect(layer.length).toBe(view.width * view.height * 3);
  });

  it('refuses a picture of another size', async () => {
    const view = { ...pieces[0]!.views[0]!, width: 7 };
    await expect(loadView(files, pieces[0]!, view)).rejects.toThrow(MachineError);
  });
});

describe('loadShadowMap', () => {
  it('is dark under the piece', async () => {
    const map = await loadShadowMap(files, pieces[0]!);
    expect(map.data[Math.floor(map.originY) * map.width + Math.floor(map.originX)]).toBe(200);
    expect(map.data[0]).toBe(0);
  });
});

const rosenbrock = (x: Float64Array) => (1 - x[0]!) ** 2 + 100 * (x[1]! - x[0]! ** 2) ** 2;

describe('minimize', () => {
  it('finds the bottom of a bent valley', () => {
    const { x, cost } = minimize(rosenbrock, [-1.2, 1], [0.5, 0.5], 800);
    expect(cost).toBeLessThan(1e-4);
    expect(x[0]!).toBeCloseTo(1, 1);
  });

  it('keeps to its number of evaluations', () => {
    let calls = 0;
    minimize((x) => (calls++, Math.abs(x[0]!) + Math.abs(x[1]! - 3)), [10, 10], [1, 1], 40);
    expect(calls).toBeLessThanOrEqual(44);
  });
});
