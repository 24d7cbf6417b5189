import { linearToSrgb, srgbToLinear } from './transfer.ts';

/** CIE L*a*b* under D65: L 0–100. */
export type Lab = readonly [lightness: number, a: number, b: number];

// White of sRGB (IEC 61966-2-1), the row sums of its matrix.
const WHITE = [0.95047, 1, 1.08883] as const;
const EPSILON = 216 / 24389;
const KAPPA = 24389 / 27;

/** sRGB values 0–1 → L*a*b* (D65). */
export function srgbToLab(red: number, green: number, blue: number): Lab {
  const r = srgbToLinear(red);
  const g = srgbToLinear(green);
  const b = srgbToLinear(blue);
  const x = compress((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
  const y = compress(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = compress((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** L*a*b* (D65) → sRGB values; outside 0–1 where the colour is out of gamut. */
export function labToSrgb([lightness, a, b]: Lab): [number, number, number] {
  const y = (lightness + 16) / 116;
  const x = WHITE[0] * expand(y + a / 500);
  const z = WHITE[2] * expand(y - b / 200);
  const luminance = expand(y);
  return [
    linearToSrgb(3.2404542 * x - 1.5371385 * luminance - 0.4985314 * z),
    linearToSrgb(-0.969266 * x + 1.8760108 * luminance + 0.041556 * z),
    linearToSrgb(0.0556434 * x - 0.2040259 * luminance + 1.0572252 * z),
  ];
}

function compress(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116;
}

function expand(f: number): number {
  const cube = f * f * f;
  return cube > EPSILON ? cube : (116 * f - 16) / KAPPA;
}

const degrees = (angle: number) => (angle * Math.PI) / 180;

/**
 * Colour difference CIEDE2000 with unit weights; 1 is just noticeable.
 * Formula as in Sharma, Wu & Dalal, The CIEDE2000 Color-Difference Formula, 2005.
 */
export function deltaE2000(first: Lab, second: Lab): number {
  const [l1, a1, b1] = first;
  const [l2, a2, b2] = second;
  const meanChroma7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const g = 0.5 * (1 - Math.sqrt(meanChroma7 / (meanChroma7 + 25 ** 7)));
  const c1 = Math.hypot(a1 * (1 + g), b1);
  const c2 = Math.hypot(a2 * (1 + g), b2);
  const h1 = hue(a1 * (1 + g), b1);
  const h2 = hue(a2 * (1 + g), b2);
  const grey = c1 * c2 === 0;
  const turn = grey ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const deltaHue = 2 * Math.sqrt(c1 * c2) * Math.sin(degrees(turn) / 2);
  const l = (l1 + l2) / 2;
  const c = (c1 + c2) / 2;
  const h = grey ? h1 + h2 : meanHue(h1, h2);
  const t =
    1 -
    0.17 * Math.cos(degrees(h - 30)) +
    0.24 * Math.cos(degrees(2 * h)) +
    0.32 * Math.cos(degrees(3 * h + 6)) -
    0.2 * Math.cos(degrees(4 * h - 63));
  const weightL = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const weightC = 1 + 0.045 * c;
  const weightH = 1 + 0.015 * c * t;
  const rotation =
    -2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) * Math.sin(degrees(60 * Math.exp(-(((h - 275) / 25) ** 2))));
  const dl = (l2 - l1) / weightL;
  const dc = (c2 - c1) / weightC;
  const dh = deltaHue / weightH;
  return Math.sqrt(dl * dl + dc * dc + dh * dh + rotation * dc * dh);
}

function hue(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const angle = (Math.atan2(b, a) * 180) / Math.PI;
  return angle < 0 ? angle + 360 : angle;
}

function meanHue(h1: number, h2: number): number {
  if (Math.abs(h1 - h2) <= 180) return (h1 + h2) / 2;
  return h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
}
