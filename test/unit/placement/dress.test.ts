import { beforeAll, describe, expect, it } from 'vitest';
import { linearToSrgb, srgbToLinear } from '../../../main/imaging/color/transfer.ts';
import { loadView, type Piece, type ViewLayers } from '../../../main/placement/catalogue.ts';
import { clothMaps } from '../../../main/placement/cloth.ts';
import { dressView, SHADING_CONTRAST } from '../../../main/placement/dress.ts';
import { findColor, findMaterial, PLAIN_MATERIAL } from '../../../main/placement/prompt-words.ts';
import { DIFFUSE_SCALE, fakeCatalogue, LEG_COLOR } from './fake-catalogue.ts';

let chair: Piece;
let layers: ViewLayers;

beforeAll(async () => {
  const { files, pieces } = await fakeCatalogue();
  chair = pieces.find((p) => p.kind === 'armchair')!;
  layers = await loadView(files, chair, chair.views[1]!);
});

const plain = { ...PLAIN_MATERIAL, gloss: 0, tint: 0, relief: 0 };

function labCurve(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

/** CIE L*a*b* (D65) of linear sRGB. */
function toLab(rgb: readonly number[]): number[] {
  const [r, g, b] = rgb as [number, number, number];
  const x = labCurve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = labCurve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = labCurve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Mean color, light taken out, of the pixels that pass. */
function meanColor(out: Float32Array, passes: (i: number) => boolean): number[] {
  const sum = [0, 0, 0];
  let n = 0;
  for (let p = 0; p < layers.width * layers.height; p++) {
    if (layers.matte[p * 3]! < 255 || !passes(p * 3)) continue;
    const light = (srgbToLinear(layers.diffuse[p * 3]! / 255) * DIFFUSE_SCALE) ** SHADING_CONTRAST;
    for (let c = 0; c < 3; c++) sum[c]! += out[p * 4 + c]! / light;
    n++;
  }
  return sum.map((v) => v / n);
}

/** Relative deviation of the cloth, light taken out. */
function relief(contrast: number): number {
  const covering = { rgb: [120, 120, 120] as const, material: { ...plain, contrast }, texture: 1 };
  const out = dressView(layers, chair.views[1]!, covering, 0.5, false).data;
  const values: number[] = [];
  for (let p = 0; p < layers.width * layers.height; p++)
    if (layers.matte[p * 3 + 1]! > 254)
      values.push(out[p * 4 + 1]! / srgbToLinear(layers.diffuse[p * 3]! / 255) ** SHADING_CONTRAST);
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  return Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length) / mean;
}

/** Mean green of the cloth, light taken out. */
function shine(name: string): number {
  const covering = { rgb: [60, 60, 60] as const, material: findMaterial(name)!, texture: 1 };
  const out = dressView(layers, chair.views[1]!, covering, 0.5, false).data;
  return meanColor(out, (i) => layers.matte[i + 1]! > 254)[1]!;
}

describe('dressView', () => {
  it.each(['emerald', 'burgundy', 'mustard', 'white', 'black', 'navy'])(
    'reaches %s on the upholstery',
    (name) => {
      const color = findColor(name)!;
      const out = dressView(
        layers,
        chair.views[1]!,
        { rgb: color.rgb, material: plain, texture: 1 },
        0.5,
        false,
      ).data;
      const mean = toLab(meanColor(out, (i) => layers.matte[i + 1]! > 254));
      const wanted = toLab(color.rgb.map((v) => srgbToLinear(v / 255)));
      const distance = Math.hypot(...mean.map((v, i) => v - wanted[i]!));
      // The fake piece's gloss of 0.01 × 0 is gone; what is left is rounding of 8-bit layers.
      expect(distance).toBeLessThan(3);
    },
  );

  it('leaves the legs as they are', () => {
    const covering = { rgb: findColor('emerald')!.rgb, material: plain, texture: 1 };
    const out = dressView(layers, chair.views[1]!, covering, 0.5, false).data;
    const legs = meanColor(out, (i) => layers.matte[i + 1]! < 1);
    // Gloss on bare parts (0.01) is the catalogue's own.
    LEG_COLOR.forEach((v, c) =>
      expect(Math.abs(linearToSrgb(legs[c]!) - linearToSrgb(v))).toBeLessThan(0.05),
    );
  });

  it('shows the cloth’s own texture, more with a coarser material', () => {
    expect(relief(1)).toBeGreaterThan(0.08);
    expect(relief(1.4)).toBeGreaterThan(relief(1) * 1.25);
  });

  it('makes leather shine and linen not', () => {
    expect(shine('leather')).toBeGreaterThan(shine('linen') * 1.1);
  });

  it.each([
    ['boucle', 'cotton'],
    ['tweed', 'microfiber'],
    ['corduroy', 'satin'],
  ])('weaves %s coarser than %s', (coarse, fine) => {
    const spread = (name: string): number => {
      const { tone } = clothMaps(layers, chair.views[1]!, { ...findMaterial(name)!, pile: 0 });
      let [sum, squares, count] = [0, 0, 0];
      for (let p = 0; p < tone.length; p++) {
        if (layers.matte[p * 3 + 1]! < 255) continue;
        sum += tone[p]!;
        squares += tone[p]! ** 2;
        count++;
      }
      return Math.sqrt(squares / count - (sum / count) ** 2);
    };
    expect(spread(coarse)).toBeGreaterThan(3 * spread(fine));
  });

  it('makes a pile pale all over a seat that is seen at a grazing angle', async () => {
    const { files, pieces } = await fakeCatalogue();
    const sofa = pieces.find((p) => p.kind === 'sofa')!;
    const view = sofa.views.find(({ pitch, yaw }) => pitch === 8 && yaw === 0)!;
    const seen = await loadView(files, sofa, view);
    const { tone } = clothMaps(seen, view, { ...findMaterial('velvet')!, relief: 0 });
    // Tops alone are lit in full.
    const bright = Math.max(...seen.diffuse);
    const isTop = (p: number) => seen.matte[p * 3 + 1] === 255 && seen.diffuse[p * 3] === bright;
    const tops = [...tone].filter((_, p) => isTop(p) && isTop(p - view.width) && isTop(p + view.width));
    expect(tops.length).toBeGreaterThan(300);
    expect(Math.min(...tops)).toBeGreaterThan(1);
  });

  it('gives a coat highlights where it looks towards the light', () => {
    const { coat } = clothMaps(layers, chair.views[1]!, findMaterial('leather')!);
    const values = [...coat!].filter((v) => v > 0);
    expect(values.reduce((s, v) => s + v, 0) / values.length).toBeCloseTo(1, 1);
    expect(Math.max(...values)).toBeGreaterThan(1.5);
    expect(clothMaps(layers, chair.views[1]!, findMaterial('wool')!).coat).toBeNull();
  });

  it('mirrors the picture', () => {
    const covering = { rgb: [90, 60, 40] as const, material: plain, texture: 1 };
    const straight = dressView(layers, chair.views[1]!, covering, 0.5, false);
    const mirrored = dressView(layers, chair.views[1]!, covering, 0.5, true);
    const { width, height } = straight;
    for (let y = 0; y < height; y += 7) {
      for (let x = 0; x < width; x += 5) {
        const a = (y * width + x) * 4;
        const b = (y * width + width - 1 - x) * 4;
        expect(mirrored.data[b + 3]).toBe(straight.data[a + 3]);
        expect(mirrored.data[b]).toBe(straight.data[a]);
      }
    }
  });
});
