export type PieceKind = 'sofa' | 'armchair';

/** A color by name with its sRGB value, 0–255 each. */
export interface NamedColor {
  readonly name: string;
  readonly rgb: readonly [number, number, number];
}

/** How a covering looks; see cloth.ts and dress.ts for what is done with it. */
export interface Material {
  readonly name: string;
  /** Mean light it reflects without taking its color, linear; the catalogue's own linen has 0.004. */
  readonly gloss: number;
  /** True where that light is a clear coat's, with highlights. */
  readonly coat: boolean;
  /** Share of the gloss that takes the covering's own color: 0 for leather's clear coat, high for velvet's pile. */
  readonly tint: number;
  /** How much a pile is darker head on and paler at grazing angles, 0–1. */
  readonly pile: number;
  /** Factor on the target color's chroma. */
  readonly saturation: number;
  /** Exponent on the covering's own light and dark: above 1 the texture shows more. */
  readonly contrast: number;
  /** What is woven into it, how wide its yarn (loop, rib, patch) is in metres, and how far its light and dark differ. */
  readonly weave: 'threads' | 'loops' | 'specks' | 'ribs' | 'brushed';
  readonly yarn: number;
  readonly relief: number;
}

/** A covering as most are: plain cloth. */
const cloth: Omit<Material, 'name'> = {
  gloss: 0.004,
  coat: false,
  tint: 0.3,
  pile: 0,
  saturation: 1,
  contrast: 1,
  weave: 'threads',
  yarn: 0.0035,
  relief: 0.1,
};

/** The tables behind `readPrompt`: names, and the other spellings that lead to them. */

export const materials: Readonly<Record<string, Omit<Material, 'name'>>> = {
  velvet: {
    ...cloth,
    gloss: 0.008,
    tint: 0.55,
    pile: 0.95,
    saturation: 1.1,
    contrast: 0.55,
    weave: 'brushed',
    yarn: 0.07,
    relief: 0.16,
  },
  linen: { ...cloth, gloss: 0.003, tint: 0.25, saturation: 0.85, contrast: 1.2, yarn: 0.004, relief: 0.24 },
  leather: {
    ...cloth,
    gloss: 0.026,
    coat: true,
    tint: 0.05,
    saturation: 1.08,
    contrast: 0.35,
    weave: 'brushed',
    yarn: 0.05,
    relief: 0.1,
  },
  boucle: {
    ...cloth,
    gloss: 0.002,
    saturation: 0.9,
    contrast: 1.15,
    weave: 'loops',
    yarn: 0.011,
    relief: 0.34,
  },
  wool: {
    ...cloth,
    gloss: 0.002,
    tint: 0.35,
    pile: 0.15,
    saturation: 0.9,
    weave: 'specks',
    yarn: 0.006,
    relief: 0.16,
  },
  cotton: { ...cloth, gloss: 0.003, saturation: 0.95, contrast: 0.9, yarn: 0.0028, relief: 0.08 },
  suede: {
    ...cloth,
    gloss: 0.0015,
    tint: 0.5,
    pile: 0.35,
    saturation: 0.95,
    contrast: 0.5,
    weave: 'brushed',
    yarn: 0.045,
    relief: 0.14,
  },
  corduroy: {
    ...cloth,
    gloss: 0.003,
    tint: 0.6,
    pile: 0.35,
    contrast: 0.7,
    weave: 'ribs',
    yarn: 0.012,
    relief: 0.3,
  },
  tweed: {
    ...cloth,
    gloss: 0.002,
    saturation: 0.8,
    contrast: 1.2,
    weave: 'specks',
    yarn: 0.0055,
    relief: 0.42,
  },
  chenille: { ...cloth, gloss: 0.006, tint: 0.55, pile: 0.4, weave: 'specks', yarn: 0.009, relief: 0.2 },
  microfiber: { ...cloth, tint: 0.4, pile: 0.25, contrast: 0.6, weave: 'brushed', yarn: 0.04, relief: 0.06 },
  satin: { ...cloth, gloss: 0.022, coat: true, tint: 0.6, saturation: 1.1, contrast: 0.3, relief: 0.02 },
  canvas: { ...cloth, gloss: 0.002, tint: 0.2, saturation: 0.9, contrast: 1.1, yarn: 0.005, relief: 0.16 },
  fabric: cloth,
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

/** Words for seats. `near` marks those of which the catalogue has none: the nearest piece is taken, and a note says so. */
export const kindWords: Readonly<Record<string, { kind: PieceKind; seats?: number; near?: true }>> = {
  sofa: { kind: 'sofa' },
  couch: { kind: 'sofa' },
  settee: { kind: 'sofa', seats: 2 },
  loveseat: { kind: 'sofa', seats: 2 },
  'love seat': { kind: 'sofa', seats: 2 },
  divan: { kind: 'sofa' },
  davenport: { kind: 'sofa' },
  chesterfield: { kind: 'sofa' },
  lawson: { kind: 'sofa' },
  camelback: { kind: 'sofa' },
  sectional: { kind: 'sofa', seats: 3, near: true },
  'corner sofa': { kind: 'sofa', seats: 3, near: true },
  'chaise longue': { kind: 'sofa', seats: 2, near: true },
  chaise: { kind: 'sofa', seats: 2, near: true },
  'sofa bed': { kind: 'sofa', near: true },
  sleeper: { kind: 'sofa', near: true },
  daybed: { kind: 'sofa', near: true },
  futon: { kind: 'sofa', near: true },
  bench: { kind: 'sofa', seats: 2, near: true },
  armchair: { kind: 'armchair', seats: 1 },
  'arm chair': { kind: 'armchair', seats: 1 },
  chair: { kind: 'armchair', seats: 1 },
  'easy chair': { kind: 'armchair', seats: 1 },
  'club chair': { kind: 'armchair', seats: 1 },
  'tub chair': { kind: 'armchair', seats: 1 },
  'barrel chair': { kind: 'armchair', seats: 1 },
  'lounge chair': { kind: 'armchair', seats: 1 },
  'accent chair': { kind: 'armchair', seats: 1 },
  'reading chair': { kind: 'armchair', seats: 1 },
  'wing chair': { kind: 'armchair', seats: 1 },
  'wingback chair': { kind: 'armchair', seats: 1 },
  wingback: { kind: 'armchair', seats: 1 },
  wingchair: { kind: 'armchair', seats: 1 },
  'office chair': { kind: 'armchair', seats: 1, near: true },
  'desk chair': { kind: 'armchair', seats: 1, near: true },
  'dining chair': { kind: 'armchair', seats: 1, near: true },
  'rocking chair': { kind: 'armchair', seats: 1, near: true },
  'swivel chair': { kind: 'armchair', seats: 1, near: true },
  rocker: { kind: 'armchair', seats: 1, near: true },
  recliner: { kind: 'armchair', seats: 1, near: true },
  beanbag: { kind: 'armchair', seats: 1, near: true },
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
  wing: 'wing',
  'wing chair': 'wing',
  wingback: 'wing',
  'wingback chair': 'wing',
  wingchair: 'wing',
  'high back': 'high-back',
  'high backed': 'high-back',
  'reading chair': 'high-back',
  'tub chair': 'barrel',
  'barrel chair': 'barrel',
  'club chair': 'barrel',
  'easy chair': 'open-arm',
  'lounge chair': 'open-arm',
  'wooden frame': 'wooden',
  'wood frame': 'wooden',
  'wooden armchair': 'wooden',
  slipcover: 'slipcover',
  slipcovered: 'slipcover',
  skirted: 'skirted',
  lawson: 'slipcover',
  'rolled arm': 'rolled-arm',
  'roll arm': 'rolled-arm',
  country: 'country',
  farmhouse: 'country',
  cottage: 'country',
  'shabby chic': 'country',
  track: 'track-arm',
  'track arm': 'track-arm',
  slim: 'slim',
  sleek: 'slim',
  industrial: 'industrial',
  camelback: 'camelback',
  'camel back': 'camelback',
  georgian: 'georgian',
  curved: 'curved',
  crescent: 'curved',
  round: 'round',
  rounded: 'round',
  organic: 'organic',
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
  /^(bed|table|desk|cabinet|wardrobe|shelf|bookcase|lamp|plant|rug|stool|ottoman|pouf|television|fireplace|dresser|sideboard|mirror|curtain|chest|crib|cot|piano)s?$/;

/** Words that carry no wish. */
export const filler = new Set(
  (
    'a an the and or with in of on to for from by at my our this that it its made new old nice beautiful elegant ' +
    'comfortable cosy cozy luxury luxurious stylish high quality photo photograph realistic photorealistic render ' +
    'interior living room style styled colored coloured color colour piece furniture seat seats seater seated ' +
    'person people please very some beside next window wall corner add want would like just really arm arms back instead replace put place upholstery upholstered legs wooden wood'
  ).split(' '),
);

/** What color and material words before it belong to, instead of the upholstery. */
export const bareParts =
  /^(leg|legs|foot|feet|frame|base|plinth|trim|piping|button|buttons|details|nails|nailheads)$/;
