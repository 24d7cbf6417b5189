import { linearTable, srgbToLinear } from '../imaging/color/transfer.ts';
import type { PieceView, ViewLayers } from './catalogue.ts';
import { clothMaps } from './cloth.ts';
import { unproject } from './projection.ts';
import type { Material } from './prompt-words.ts';
import { viewDepth } from './view-warp.ts';

/** How a piece is covered. */
export interface Covering {
  /** Target of the upholstery, sRGB 0–255. */
  readonly rgb: readonly [number, number, number];
  readonly material: Material;
  /** Factor on the material's texture contrast; the seed's share of the look. */
  readonly texture: number;
}

/** A picture in linear light with premultiplied alpha: f32 RGBA, interleaved, 1 = a white surface fully lit. */
export interface LightPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Exponent on the diffuse light. Rooms are lit by a few windows and lamps, not by the catalogue's dome: hollows and
 * undersides get less of the light there.
 */
export const SHADING_CONTRAST = 1.38;
/** Least share of a dye's luminance that each of its linear channels has: cloth is never as pure as a screen. */
const PUREST = 0.06;

const LUMA = [0.2126, 0.7152, 0.0722] as const;

/**
 * Covers a view and lights it neutrally: linear light = albedo · diffuse + gloss, where upholstery's albedo is the
 * target color times its own light and dark (luminance over the mean, to the power of the material's contrast).
 * Legs and other bare parts keep their color.
 * @param neutral mean linear albedo of the upholstery as rendered; measured from the view where unknown
 * @param mirrored true mirrors the picture left to right
 * @returns premultiplied linear light, the size of the view
 */
export function dressView(
  layers: ViewLayers,
  view: PieceView,
  covering: Covering,
  neutral: number | undefined,
  mirrored: boolean,
): LightPicture {
  const { width, height, albedo, diffuse, gloss, matte } = layers;
  const linear = linearTable(8);
  const lit = linear.map((v) => (v * view.diffuseScale) ** SHADING_CONTRAST);
  const target = linearTarget(covering);
  const sheen = sheenColor(target, covering.material.tint);
  const relief = reliefTable(layers, covering, neutral);
  const shares = shareGloss(layers, view, covering.material);
  const { tone, coat } = clothMaps(layers, view, covering.material);
  const out = new Float32Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 3;
      const cover = matte[i]!;
      if (cover === 0) continue;
      const o = (y * width + (mirrored ? width - 1 - x : x)) * 4;
      const alpha = cover / 255;
      const cloth = Math.min(1, matte[i + 1]! / cover);
      const [r, g, b] = [linear[albedo[i]!]!, linear[albedo[i + 1]!]!, linear[albedo[i + 2]!]!];
      const weave = tone[y * width + x]!;
      const scale = weave * relief[(Math.min(1, LUMA[0] * r + LUMA[1] * g + LUMA[2] * b) * 1023) | 0]!;
      const bare = cloth < 1 ? view.glossScale * skyShare(view, x, y, matte[i + 2]!) : view.glossScale;
      const shine = bare + cloth * (view.glossScale * shares.own - bare);
      const added = coat ? cloth * shares.added * coat[y * width + x]! : 0;
      const base = [r, g, b];
      for (let c = 0; c < 3; c++) {
        const color = base[c]! + cloth * (target[c]! * scale - base[c]!);
        const light = lit[diffuse[i + c]!]!;
        // No light comes into a fold, and none is reflected out of it.
        const sky = light < 1 ? light : 1;
        const sparkle = (linear[gloss[i + c]!]! * shine + added * sky) * (1 + cloth * (sheen[c]! - 1));
        out[o + c] = alpha * (color * light + sparkle);
      }
      out[o + 3] = alpha;
    }
  }
  return { width, height, data: out };
}

/** The most that a rendered gloss is raised: past that it is noise, and a coat is added instead. */
const MOST_RAISED = 1.6;

/** Factor on the view's own gloss, and the mean light that a coat adds, so that the mean is the material's. */
function shareGloss(
  { gloss, matte }: ViewLayers,
  view: PieceView,
  material: Material,
): { readonly own: number; readonly added: number } {
  const linear = linearTable(8);
  let [sum, count] = [0, 0];
  for (let i = 0; i < matte.length; i += 3) {
    if (matte[i + 1]! < 250) continue;
    sum += linear[gloss[i + 1]!]!;
    count++;
  }
  const mean = count > 0 ? (view.glossScale * sum) / count : 0;
  const own = mean > 0 ? Math.min(MOST_RAISED, material.gloss / mean) : 0;
  return { own, added: material.coat ? Math.max(0, material.gloss - own * mean) : 0 };
}

/** Height in metres up to which a bare part reflects more of the floor and of the piece than of the room. */
const LEG_HEIGHT = 0.25;
/** What a part on the floor reflects of the dome that the catalogue is lit by. */
const LEAST_SKY = 0.35;

/** Share of the room's light that a bare part's gloss reflects: legs stand in the dark under their piece. */
function skyShare(view: PieceView, x: number, y: number, code: number): number {
  const height = unproject(view.projection, x + 0.5, y + 0.5, viewDepth(view, code))[2];
  const t = Math.min(1, Math.max(0, height / LEG_HEIGHT));
  return LEAST_SKY + (1 - LEAST_SKY) * t * t * (3 - 2 * t);
}

/** The target in linear light, its chroma scaled as the material wants it. */
export function linearTarget({ rgb, material }: Covering): readonly [number, number, number] {
  const [r, g, b] = rgb.map((v) => srgbToLinear(v / 255)) as [number, number, number];
  const y = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
  const scaled = (v: number) => Math.min(0.95, Math.max(PUREST * y, y + material.saturation * (v - y)));
  return [scaled(r), scaled(g), scaled(b)];
}

/** Color of the sheen: white for a clear coat, the cloth's own hue at the same luminance for a pile. */
function sheenColor(target: readonly [number, number, number], tint: number): readonly number[] {
  const y = LUMA[0] * target[0] + LUMA[1] * target[1] + LUMA[2] * target[2];
  return target.map((v) => 1 + tint * (Math.min(3, v / y) - 1));
}

/** Relative deviation of the rendered cloth's own light and dark, at most; some pieces have more. */
const USUAL_SPREAD = 0.13;

/** Factor on the target by the rendered albedo's luminance (1024 steps of 0–1); its mean over the upholstery is 1. */
function reliefTable(
  layers: ViewLayers,
  { material, texture }: Covering,
  neutral: number | undefined,
): Float32Array {
  const counts = luminanceCounts(layers);
  let [pixels, sum, squares] = [0, 0, 0];
  for (let k = 0; k < 1024; k++) {
    pixels += counts[k]!;
    sum += counts[k]! * (k / 1023);
    squares += counts[k]! * (k / 1023) ** 2;
  }
  const mean = pixels > 0 ? sum / pixels : (neutral ?? 0.5);
  const spread = pixels > 0 ? Math.sqrt(Math.max(0, squares / pixels - mean * mean)) / mean : 0;
  // A piece that was rendered in velvet keeps its patches to itself when it is covered with something else.
  const exponent = material.contrast * texture * Math.min(1, USUAL_SPREAD / Math.max(spread, 1e-6));
  const table = new Float32Array(1024);
  let raised = 0;
  for (let k = 0; k < 1024; k++) {
    table[k] = (Math.max(k, 1) / 1023 / mean) ** exponent;
    raised += counts[k]! * table[k]!;
  }
  const normal = pixels > 0 ? pixels / raised : 1;
  for (let k = 0; k < 1024; k++) table[k] = Math.min(4, table[k]! * normal);
  return table;
}

/** How often each luminance of the albedo occurs where there is nothing but upholstery. */
function luminanceCounts({ albedo, matte }: ViewLayers): Float64Array {
  const linear = linearTable(8);
  const counts = new Float64Array(1024);
  for (let i = 0; i < matte.length; i += 3) {
    if (matte[i + 1]! < 250) continue;
    const y =
      LUMA[0] * linear[albedo[i]!]! + LUMA[1] * linear[albedo[i + 1]!]! + LUMA[2] * linear[albedo[i + 2]!]!;
    counts[(Math.min(1, y) * 1023) | 0]!++;
  }
  return counts;
}
