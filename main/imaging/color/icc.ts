import { srgbToLinear } from './transfer.ts';

/** What a profile says about its colours, read from its tags (ICC.1:2022; v2 and v4 alike). */
export interface IccSummary {
  /** Data colour space signature, trimmed: `RGB`, `GRAY`, `CMYK`, … */
  readonly space: string;
  /** True where the profile's own curves and primaries are those of sRGB, whatever it is called. */
  readonly isSrgb: boolean;
  /** Present where curves (and a matrix) say everything; lookup-table profiles have none. */
  readonly shaper: Shaper | null;
}

/** A matrix/TRC profile (three curves and colorants) or a grey one (one curve, no colorants). */
export interface Shaper {
  /** Sample 0–1 → linear light 0–1, one per colour channel; equal curves are the same function. */
  readonly curves: readonly Curve[];
  /** D50 XYZ of R, G and B; null for grey. */
  readonly colorants: readonly (readonly [number, number, number])[] | null;
}

export type Curve = (value: number) => number;

/** IEC 61966-2-1 primaries adapted to D50, as sRGB profiles store them (X, Y, Z of R, G and B). */
export const SRGB_COLORANTS = [
  [0.4360747, 0.2225045, 0.0139322],
  [0.3850649, 0.7168786, 0.0971045],
  [0.1430804, 0.0606169, 0.7141733],
] as const;

const COLORANT_TOLERANCE = 0.003;
// Separates sRGB's curve from a plain power of 2.2, which differs by up to 0.004 in linear light.
const CURVE_TOLERANCE = 0.0015;
const CURVE_PROBES = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1];

const summaries = new WeakMap<Uint8Array, IccSummary>();

/** Reads a profile; null where the bytes are no profile. Remembered per byte array. */
export function summarizeIcc(icc: Uint8Array): IccSummary | null {
  const known = summaries.get(icc);
  if (known) return known;
  if (icc.length < 132) return null;
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  if (signature(view, 36) !== 'acsp') return null;
  const space = signature(view, 16).trim();
  const shaper = readShaper(view, space);
  const summary = { space, shaper, isSrgb: shaper !== null && isSrgbShaper(shaper) };
  summaries.set(icc, summary);
  return summary;
}

/** True for null (no profile means sRGB) and for profiles that are sRGB by their numbers. */
export function isSrgbProfile(icc: Uint8Array | null): boolean {
  return icc === null || (summarizeIcc(icc)?.isSrgb ?? false);
}

function isSrgbShaper({ colorants, curves }: Shaper): boolean {
  if (!colorants) return false;
  const near = colorants.every((xyz, i) =>
    xyz.every((v, k) => Math.abs(v - SRGB_COLORANTS[i]![k]!) < COLORANT_TOLERANCE),
  );
  return (
    near &&
    curves.every((curve) => CURVE_PROBES.every((v) => Math.abs(curve(v) - srgbToLinear(v)) < CURVE_TOLERANCE))
  );
}

function readShaper(view: DataView, space: string): Shaper | null {
  const tags = readTags(view);
  // A lookup table outranks matrix and curves, which then would not tell what the profile does; Lab-based ones need it.
  if (tags.has('A2B0') || signature(view, 20) !== 'XYZ ') return null;
  if (space !== 'RGB' && space !== 'GRAY') return null;
  const byOffset = new Map<number, Curve | null>();
  const curves = (space === 'RGB' ? ['rTRC', 'gTRC', 'bTRC'] : ['kTRC']).map((name) => {
    const at = tags.get(name);
    if (at === undefined) return null;
    if (!byOffset.has(at)) byOffset.set(at, readCurve(view, at));
    return byOffset.get(at)!;
  });
  const colorants =
    space === 'RGB' ? ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => readXyz(view, tags.get(name))) : null;
  if (curves.includes(null) || colorants?.includes(null)) return null;
  return { curves: curves as Curve[], colorants: colorants as [number, number, number][] | null };
}

function readTags(view: DataView): Map<string, number> {
  const tags = new Map<string, number>();
  const count = Math.min(view.getUint32(128), 200);
  for (let i = 0; i < count && 132 + 12 * i + 12 <= view.byteLength; i++) {
    const offset = view.getUint32(136 + 12 * i);
    if (offset + 12 <= view.byteLength) tags.set(signature(view, 132 + 12 * i), offset);
  }
  return tags;
}

function readXyz(view: DataView, at: number | undefined): [number, number, number] | null {
  if (at === undefined || at + 20 > view.byteLength || signature(view, at) !== 'XYZ ') return null;
  return [0, 1, 2].map((i) => view.getInt32(at + 8 + 4 * i) / 65536) as [number, number, number];
}

/** A `curv` or `para` tag as a function; null for anything else. */
function readCurve(view: DataView, at: number): Curve | null {
  const type = signature(view, at);
  if (type === 'curv') {
    const count = view.getUint32(at + 8);
    if (at + 12 + 2 * count > view.byteLength) return null;
    if (count === 0) return (v) => v;
    if (count === 1) {
      const gamma = view.getUint16(at + 12) / 256;
      return (v) => v ** gamma;
    }
    return sampledCurve(Uint16Array.from({ length: count }, (_, i) => view.getUint16(at + 12 + 2 * i)));
  }
  if (type !== 'para') return null;
  const kind = view.getUint16(at + 8);
  const length = [1, 3, 4, 5, 7][kind];
  if (length === undefined || at + 12 + 4 * length > view.byteLength) return null;
  return parametricCurve(
    kind,
    Array.from({ length }, (_, i) => view.getInt32(at + 12 + 4 * i) / 65536),
  );
}

function sampledCurve(table: Uint16Array): Curve {
  const last = table.length - 1;
  return (v) => {
    const position = v * last;
    const low = Math.min(Math.floor(position), last - 1);
    const a = table[low]!;
    return (a + (table[low + 1]! - a) * (position - low)) / 65535;
  };
}

/** ICC.1:2022 table 68, with the parameters named as there; kinds without an offset have it 0. */
function parametricCurve(kind: number, p: readonly number[]): Curve {
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = p;
  if (kind === 0) return (v) => v ** g;
  if (kind === 1) return (v) => (v >= -b / a ? (a * v + b) ** g : 0);
  if (kind === 2) return (v) => (v >= -b / a ? (a * v + b) ** g : 0) + c;
  if (kind === 3) return (v) => (v >= d ? (a * v + b) ** g : c * v);
  return (v) => (v >= d ? (a * v + b) ** g + e : c * v + f);
}

function signature(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}
