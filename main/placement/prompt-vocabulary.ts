export type PieceKind = 'sofa' | 'armchair';

/** A color by name with its sRGB value, 0–255 each. */
export interface NamedColor {
  readonly name: string;
  readonly rgb: readonly [number, number, number];
}

/** How a covering differs from the neutral one the catalogue is rendered with. */
export interface Material {
  readonly name: string;
  /** Factor on the gloss layer. */
  readonly gloss: number;
  /** Share of the gloss that takes the covering's own color: 0 for leather's clear coat, high for velvet's pile. */
  readonly tint: number;
  /** Factor on the target color's chroma. */
  readonly saturation: number;
  /** Exponent on the covering's own light and dark: above 1 the texture shows more. */
  readonly contrast: number;
}

/** The tables behind `readPrompt`: names, and the other spellings that lead to them. */

export const materials: Readonly<Record<string, Omit<Material, 'name'>>> = {
  velvet: { gloss: 1.2, tint: 0.5, saturation: 1.05, contrast: 0.75 },
  linen: { gloss: 0.5, tint: 0.25, saturation: 0.85, contrast: 1.15 },
  leather: { gloss: 2.2, tint: 0.05, saturation: 1.05, contrast: 0.35 },
  boucle: { gloss: 0.4, tint: 0.3, saturation: 0.9, contrast: 1.35 },
  wool: { gloss: 0.4, tint: 0.35, saturation: 0.9, contrast: 1.2 },
  cotton: { gloss: 0.55, tint: 0.25, saturation: 0.95, contrast: 1 },
  suede: { gloss: 0.35, tint: 0.5, saturation: 0.95, contrast: 0.7 },
  corduroy: { gloss: 0.7, tint: 0.6, saturation: 1, contrast: 1.3 },
  tweed: { gloss: 0.4, tint: 0.3, saturation: 0.8, contrast: 1.4 },
  chenille: { gloss: 0.8, tint: 0.55, saturation: 1, contrast: 1.2 },
  microfiber: { gloss: 0.7, tint: 0.4, saturation: 1, contrast: 0.7 },
  satin: { gloss: 1.8, tint: 0.55, saturation: 1.1, contrast: 0.5 },
  canvas: { gloss: 0.5, tint: 0.2, saturation: 0.9, contrast: 1.1 },
  fabric: { gloss: 1, tint: 0.3, saturation: 1, contrast: 1 },
};

export const materialWords: Readonly<Record<string, string>> = {
  bouclé: 'boucle',
  leatherette: 'leather',
  'faux leather': 'leather',
  nubuck: 'suede',
  alcantara: 'suede',
  plush: 'velvet',
  velour: 'velvet',
  'crushed velvet': 'velvet',
  woolen: 'wool',
  woollen: 'wool',
  felt: 'wool',
  cord: 'corduroy',
  denim: 'canvas',
  silk: 'satin',
  microfibre: 'microfiber',
  upholstered: 'fabric',
  textile: 'fabric',
  cloth: 'fabric',
};

/** sRGB targets: what a covering of that name looks like in a swatch book, not a screen primary. */
export const colors: Readonly<Record<string, readonly [number, number, number]>> = {
  white: [236, 233, 227],
  ivory: [233, 226, 208],
  cream: [232, 220, 194],
  beige: [205, 189, 161],
  sand: [200, 180, 145],
  oatmeal: [208, 197, 178],
  taupe: [140, 125, 111],
  greige: [173, 164, 151],
  grey: [128, 129, 130],
  'light grey': [186, 187, 187],
  'dark grey': [74, 76, 79],
  silver: [178, 182, 186],
  charcoal: [58, 61, 65],
  slate: [84, 96, 106],
  black: [34, 34, 36],
  brown: [101, 67, 44],
  'dark brown': [64, 43, 31],
  'light brown': [150, 111, 77],
  chocolate: [75, 48, 35],
  coffee: [92, 68, 52],
  cognac: [148, 82, 42],
  camel: [178, 132, 86],
  caramel: [171, 109, 58],
  tan: [190, 150, 108],
  chestnut: [124, 64, 44],
  rust: [164, 78, 40],
  terracotta: [188, 100, 74],
  orange: [216, 116, 42],
  'burnt orange': [186, 88, 36],
  apricot: [226, 168, 120],
  peach: [233, 184, 155],
  coral: [222, 117, 98],
  salmon: [220, 142, 122],
  red: [166, 38, 40],
  'dark red': [112, 26, 32],
  crimson: [150, 28, 48],
  burgundy: [98, 28, 42],
  maroon: [94, 32, 36],
  wine: [104, 32, 52],
  pink: [220, 152, 160],
  blush: [221, 183, 175],
  'dusty rose': [190, 134, 131],
  magenta: [162, 46, 108],
  fuchsia: [176, 48, 116],
  plum: [92, 46, 78],
  aubergine: [66, 36, 58],
  purple: [98, 62, 126],
  violet: [112, 78, 142],
  lavender: [174, 160, 198],
  lilac: [188, 166, 200],
  blue: [52, 88, 146],
  'light blue': [150, 180, 206],
  'dark blue': [32, 48, 88],
  navy: [34, 44, 76],
  'royal blue': [44, 72, 152],
  cobalt: [34, 74, 150],
  sapphire: [28, 62, 124],
  'sky blue': [140, 180, 212],
  denim: [74, 98, 132],
  indigo: [56, 58, 108],
  petrol: [24, 78, 92],
  teal: [26, 104, 108],
  turquoise: [68, 164, 164],
  aqua: [116, 186, 190],
  mint: [168, 206, 184],
  green: [58, 106, 70],
  'light green': [150, 184, 138],
  'dark green': [32, 66, 48],
  emerald: [24, 98, 76],
  'forest green': [38, 74, 52],
  'bottle green': [18, 66, 54],
  sage: [150, 162, 136],
  olive: [106, 104, 62],
  moss: [102, 110, 72],
  khaki: [158, 148, 112],
  lime: [164, 188, 68],
  mustard: [200, 154, 48],
  yellow: [226, 188, 70],
  gold: [190, 150, 74],
  ochre: [192, 138, 58],
  lemon: [232, 212, 110],
};

export const colorWords: Readonly<Record<string, string>> = {
  gray: 'grey',
  'light gray': 'light grey',
  'dark gray': 'dark grey',
  'pale grey': 'light grey',
  anthracite: 'charcoal',
  graphite: 'charcoal',
  'off white': 'ivory',
  ecru: 'ivory',
  eggshell: 'ivory',
  natural: 'oatmeal',
  stone: 'greige',
  mocha: 'coffee',
  espresso: 'dark brown',
  walnut: 'brown',
  'cognac brown': 'cognac',
  'burnt sienna': 'rust',
  copper: 'rust',
  bordeaux: 'burgundy',
  oxblood: 'burgundy',
  scarlet: 'red',
  'dark navy': 'navy',
  'navy blue': 'navy',
  'midnight blue': 'navy',
  'dark teal': 'petrol',
  'petrol blue': 'petrol',
  'powder blue': 'light blue',
  'baby blue': 'light blue',
  'pale blue': 'light blue',
  'emerald green': 'emerald',
  'hunter green': 'forest green',
  'racing green': 'bottle green',
  'sage green': 'sage',
  'olive green': 'olive',
  'moss green': 'moss',
  'mint green': 'mint',
  'pale green': 'light green',
  rose: 'dusty rose',
  'rose pink': 'dusty rose',
  'blush pink': 'blush',
  'pale pink': 'blush',
  'light pink': 'blush',
  eggplant: 'aubergine',
  'mustard yellow': 'mustard',
  'bright red': 'red',
};

export const kindWords: Readonly<Record<string, { kind: PieceKind; seats?: number }>> = {
  sofa: { kind: 'sofa' },
  couch: { kind: 'sofa' },
  settee: { kind: 'sofa', seats: 2 },
  loveseat: { kind: 'sofa', seats: 2 },
  'love seat': { kind: 'sofa', seats: 2 },
  divan: { kind: 'sofa' },
  davenport: { kind: 'sofa' },
  chesterfield: { kind: 'sofa' },
  sectional: { kind: 'sofa', seats: 3 },
  bench: { kind: 'sofa', seats: 2 },
  armchair: { kind: 'armchair', seats: 1 },
  'arm chair': { kind: 'armchair', seats: 1 },
  chair: { kind: 'armchair', seats: 1 },
  'easy chair': { kind: 'armchair', seats: 1 },
  'club chair': { kind: 'armchair', seats: 1 },
  'lounge chair': { kind: 'armchair', seats: 1 },
  'wing chair': { kind: 'armchair', seats: 1 },
  recliner: { kind: 'armchair', seats: 1 },
};

/** Style words and what the catalogue calls them. */
export const styleWords: Readonly<Record<string, string>> = {
  'mid century': 'mid-century',
  midcentury: 'mid-century',
  modern: 'modern',
  scandinavian: 'scandinavian',
  nordic: 'scandinavian',
  scandi: 'scandinavian',
  danish: 'scandinavian',
  retro: 'retro',
  tufted: 'tufted',
  buttoned: 'tufted',
  chesterfield: 'chesterfield',
  classic: 'classic',
  traditional: 'traditional',
  vintage: 'vintage',
  antique: 'vintage',
  victorian: 'traditional',
  english: 'classic',
  modular: 'modular',
  sectional: 'modular',
  contemporary: 'contemporary',
  low: 'low',
  minimal: 'minimal',
  minimalist: 'minimal',
  soft: 'soft',
  barrel: 'barrel',
  tub: 'barrel',
  channel: 'channel',
  'channel back': 'channel',
  shell: 'channel',
  'art deco': 'art-deco',
  deco: 'art-deco',
  glamour: 'glamour',
  glamorous: 'glamour',
  small: 'small',
  compact: 'small',
};

export const numbers: Readonly<Record<string, number>> = {
  one: 1,
  single: 1,
  two: 2,
  double: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
};

/** Furniture and things that no catalogue of seats can serve: named in a note. */
export const impossible =
  /^(bed|table|desk|cabinet|wardrobe|shelf|bookcase|lamp|plant|rug|stool|ottoman|pouf|television|fireplace|dresser|sideboard)s?$/;

/** Words that carry no wish. */
export const filler = new Set(
  (
    'a an the and or with in of on to for from by at my our this that it its made new old nice beautiful elegant ' +
    'comfortable cosy cozy luxury luxurious stylish high quality photo photograph realistic photorealistic render ' +
    'interior living room style styled colored coloured color colour piece furniture seat seats seater seated ' +
    'person people please very some instead replace put place upholstery upholstered legs wooden wood'
  ).split(' '),
);

/** What color and material words before it belong to, instead of the upholstery. */
export const bareParts =
  /^(leg|legs|foot|feet|frame|base|plinth|trim|piping|button|buttons|details|nails|nailheads)$/;
