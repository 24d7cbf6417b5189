/** Small ICC v2 profiles built from their definitions, so that tests need no binary files. */

type Matrix = readonly (readonly [number, number, number])[];

/** Colorants (columns R, G, B as rows here), adapted to D50, from the spaces' published ICC profiles. */
export const SRGB_COLORANTS: Matrix = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];
export const ADOBE_RGB_COLORANTS: Matrix = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
];
export const P3_COLORANTS: Matrix = [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
];

/** The sRGB transfer curve as a sampled `curv` table. */
export function srgbCurveTag(entries = 1024): Buffer {
  const tag = Buffer.alloc(12 + 2 * entries);
  tag.write('curv', 0, 'latin1');
  tag.writeUInt32BE(entries, 8);
  for (let i = 0; i < entries; i++) {
    const v = i / (entries - 1);
    const linear = v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    tag.writeUInt16BE(Math.round(linear * 65535), 12 + 2 * i);
  }
  return tag;
}

/** A pure power law as `curv` with one u8Fixed8 entry. */
export function gammaTag(gamma: number): Buffer {
  const tag = Buffer.alloc(14);
  tag.write('curv', 0, 'latin1');
  tag.writeUInt32BE(1, 8);
  tag.writeUInt16BE(Math.round(gamma * 256), 12);
  return tag;
}

function xyzTag(xyz: readonly [number, number, number]): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 0, 'latin1');
  xyz.forEach((value, i) => tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * i));
  return tag;
}

function textTag(signature: 'desc' | 'text', text: string): Buffer {
  if (signature === 'text')
    return Buffer.concat([Buffer.from('text\0\0\0\0', 'latin1'), Buffer.from(`${text}\0`, 'latin1')]);
  const tag = Buffer.alloc(12 + text.length + 1 + 8 + 3 + 67);
  tag.write('desc', 0, 'latin1');
  tag.writeUInt32BE(text.length + 1, 8);
  tag.write(text, 12, 'latin1');
  return tag;
}

function assemble(
  space: 'RGB ' | 'GRAY',
  tags: readonly (readonly [string, Buffer])[],
  connection: 'XYZ ' | 'Lab ' = 'XYZ ',
): Uint8Array {
  const table = 128 + 4 + 12 * tags.length;
  const parts: Buffer[] = [];
  const index = Buffer.alloc(4 + 12 * tags.length);
  index.writeUInt32BE(tags.length, 0);
  let offset = table;
  tags.forEach(([name, data], i) => {
    const padded = Buffer.alloc(Math.ceil(data.length / 4) * 4);
    data.copy(padded);
    index.write(name, 4 + 12 * i, 'latin1');
    index.writeUInt32BE(offset, 8 + 12 * i);
    index.writeUInt32BE(data.length, 12 + 12 * i);
    parts.push(padded);
    offset += padded.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write(`mntr${space}${connection}`, 12, 'latin1');
  header.writeUInt16BE(2020, 24);
  header.writeUInt16BE(1, 26);
  header.writeUInt16BE(1, 28);
  header.write('acsp', 36, 'latin1');
  [0.9642, 1, 0.8249].forEach((value, i) => header.writeInt32BE(Math.round(value * 65536), 68 + 4 * i));
  return new Uint8Array(Buffer.concat([header, index, ...parts]));
}

const D50: readonly [number, number, number] = [0.9642, 1, 0.8249];

/** An RGB matrix profile. */
export function rgbProfile(name: string, colorants: Matrix, curve: Buffer): Uint8Array {
  return assemble('RGB ', [
    ['desc', textTag('desc', name)],
    ['cprt', textTag('text', 'none')],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', xyzTag(colorants[0]!)],
    ['gXYZ', xyzTag(colorants[1]!)],
    ['bXYZ', xyzTag(colorants[2]!)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]);
}

/** A grey profile with one curve. */
export function greyProfile(name: string, curve: Buffer): Uint8Array {
  return assemble('GRAY', [
    ['desc', textTag('desc', name)],
    ['cprt', textTag('text', 'none')],
    ['wtpt', xyzTag(D50)],
    ['kTRC', curve],
  ]);
}

export const adobeRgbProfile = (): Uint8Array =>
  rgbProfile('Adobe RGB (1998) alike', ADOBE_RGB_COLORANTS, gammaTag(563 / 256));
export const srgbProfile = (): Uint8Array =>
  rgbProfile('a camera’s sRGB'.replace('’', "'"), SRGB_COLORANTS, srgbCurveTag());
export const displayP3Profile = (): Uint8Array =>
  rgbProfile('Display P3 alike', P3_COLORANTS, srgbCurveTag());

/** A 16-bit lookup table (`mft2`) of two points a side; `nodes` in the order of the format: first channel slowest. */
function lookupTag(nodes: readonly (readonly [number, number, number])[]): Buffer {
  const straight = [0, 65535];
  const tables = Buffer.alloc(2 * (2 * 3 + nodes.length * 3 + 2 * 3));
  [...straight, ...straight, ...straight, ...nodes.flat(), ...straight, ...straight, ...straight].forEach(
    (v, i) => tables.writeUInt16BE(Math.round(v), 2 * i),
  );
  const head = Buffer.alloc(52);
  head.write('mft2', 0, 'latin1');
  head.set([3, 3, 2], 8);
  [0, 4, 8].forEach((i) => head.writeInt32BE(65536, 12 + 4 * i));
  head.writeUInt16BE(2, 48);
  head.writeUInt16BE(2, 50);
  return Buffer.concat([head, tables]);
}

/** Version 2 encoding of L*a*b*. */
const encodeLab = ([l, a, b]: readonly [number, number, number]): [number, number, number] => [
  l * 652.8,
  (a + 128) * 256,
  (b + 128) * 256,
];

/**
 * A profile of lookup tables alone, unlike any real device so that its use cannot be missed: towards the connection
 * space red and blue change places (the corners of sRGB's cube, D50), back from it everything becomes grey by L*.
 */
export function lookupProfile(): Uint8Array {
  const black = [0, 0, 0] as const;
  const red = [54.29, 80.81, 69.89] as const;
  const green = [87.82, -79.29, 80.99] as const;
  const blue = [29.57, 68.3, -112.03] as const;
  const yellow = [97.61, -15.75, 93.39] as const;
  const cyan = [90.66, -50.67, -14.96] as const;
  const magenta = [60.17, 93.55, -60.5] as const;
  const white = [100, 0, 0] as const;
  // 000, 001 (blue), 010, 011 (cyan), 100 (red), 101, 110 (yellow), 111, with red and blue exchanged.
  const swapped = [black, red, green, yellow, blue, magenta, cyan, white].map(encodeLab);
  const byLightness = Array.from({ length: 8 }, (_, i): [number, number, number] =>
    i < 4 ? [0, 0, 0] : [65535, 65535, 65535],
  );
  const tags: [string, Buffer][] = [
    ['desc', textTag('desc', 'lookup tables')],
    ['cprt', textTag('text', 'none')],
    ['wtpt', xyzTag(D50)],
    ['A2B0', lookupTag(swapped)],
    ['B2A0', lookupTag(byLightness)],
  ];
  return assemble('RGB ', tags, 'Lab ');
}
