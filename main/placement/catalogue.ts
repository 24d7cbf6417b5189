import { z } from 'zod';
import { MachineError } from '../errors.ts';
import { sharp } from '../imaging/vips.ts';

/** Files of a pack, by their path inside it. */
export interface PieceFiles {
  /** Bytes of a file; throws a MachineError where it is missing or damaged. */
  read(file: string): Promise<Uint8Array>;
  /** Files under a prefix. */
  list(prefix: string): readonly string[];
}

const viewSchema = z.object({
  id: z.string(),
  yaw: z.number(),
  pitch: z.number(),
  width: z.int().positive(),
  height: z.int().positive(),
  projection: z.array(z.number()).length(12),
  near: z.number().positive(),
  far: z.number().positive(),
  diffuseScale: z.number().positive(),
  glossScale: z.number().positive(),
  files: z.object({ albedo: z.string(), diffuse: z.string(), gloss: z.string(), matte: z.string() }),
});

const pieceSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['sofa', 'armchair']),
  seats: z.int().positive(),
  style: z.array(z.string()),
  defaultColor: z.string().regex(/^#[0-9a-f]{6}$/i),
  defaultMaterial: z.string(),
  upholsteryAlbedo: z.number().positive().optional(),
  size: z.object({
    width: z.number().positive(),
    depth: z.number().positive(),
    height: z.number().positive(),
  }),
  floorShadow: z.object({
    file: z.string(),
    metresPerPixel: z.number().positive(),
    origin: z.tuple([z.number(), z.number()]),
  }),
  views: z.array(viewSchema).min(1),
});

/** A rendered view of a piece, as piece.json describes it; see `loadView` for its samples. */
export type PieceView = z.infer<typeof viewSchema>;

/** A piece of the catalogue (piece.json). Sizes in metres, in piece space. */
export type Piece = z.infer<typeof pieceSchema> & {
  /** Folder of its files inside the pack. */
  readonly folder: string;
};

/** All pieces of a pack's catalogue, by id; throws a MachineError for a file that does not fit the format. */
export async function loadCatalogue(files: PieceFiles, prefix = 'catalogue/'): Promise<Piece[]> {
  const cards = files.list(prefix).filter((f) => f.endsWith('/piece.json'));
  const pieces: Piece[] = [];
  for (const file of [...cards].sort()) {
    const parsed = pieceSchema.safeParse(parseJson(await files.read(file)));
    if (!parsed.success) {
      throw new MachineError(
        `${file} is not a catalogue piece: ${parsed.error.issues[0]?.message ?? 'wrong format'}`,
        'Install the pack again',
      );
    }
    pieces.push({ ...parsed.data, folder: file.slice(0, -'piece.json'.length) });
  }
  return pieces;
}

/** What a picker shows of a piece. */
export interface PieceCard {
  readonly id: string;
  readonly title: string;
  readonly kind: Piece['kind'];
  readonly seats: number;
  readonly style: readonly string[];
  readonly sizeCm: Piece['size'];
  /** `#rrggbb`. */
  readonly defaultColor: string;
  readonly defaultMaterial: string;
  /** Path inside the pack of a small picture on transparent ground; null where the piece brings none. */
  readonly thumbnail: string | null;
}

/** A size in metres, scaled, in whole centimetres. */
export function sizeInCm({ width, depth, height }: Piece['size'], scale = 1): Piece['size'] {
  const [w, d, h] = [width, depth, height].map((metres) => Math.round(metres * scale * 100)) as [
    number,
    number,
    number,
  ];
  return { width: w, depth: d, height: h };
}

/** The catalogue as a picker shows it: sofas first, the widest first. */
export async function listPieces(files: PieceFiles, prefix = 'catalogue/'): Promise<PieceCard[]> {
  const known = new Set(files.list(prefix));
  const cards = (await loadCatalogue(files, prefix)).map((piece): PieceCard => {
    const thumbnail = `${piece.folder}thumb.webp`;
    return {
      id: piece.id,
      title: piece.name,
      kind: piece.kind,
      seats: piece.seats,
      style: piece.style,
      sizeCm: sizeInCm(piece.size),
      defaultColor: piece.defaultColor,
      defaultMaterial: piece.defaultMaterial,
      thumbnail: known.has(thumbnail) ? thumbnail : null,
    };
  });
  const order = (card: PieceCard) => (card.kind === 'sofa' ? 0 : 1e4) - card.sizeCm.width;
  return cards.sort((a, b) => order(a) - order(b));
}

/** The value of a JSON file; undefined where it is none. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The layers of one view, u8, `width × height`, straight color grown under soft edges. */
export interface ViewLayers {
  readonly width: number;
  readonly height: number;
  /** Base color, sRGB-encoded RGB. */
  readonly albedo: Uint8Array;
  /** Light that the base color multiplies, sRGB-encoded RGB of linear ÷ diffuseScale. */
  readonly diffuse: Uint8Array;
  /** Light that is added, sRGB-encoded RGB of linear ÷ glossScale. */
  readonly gloss: Uint8Array;
  /** Coverage, coverage by upholstery, depth (255 near … 0 far), interleaved. */
  readonly matte: Uint8Array;
}

/** Decodes a view's four files; throws a MachineError where one does not have the size piece.json names. */
export async function loadView(files: PieceFiles, piece: Piece, view: PieceView): Promise<ViewLayers> {
  const [albedo, diffuse, gloss, matte] = await Promise.all(
    [view.files.albedo, view.files.diffuse, view.files.gloss, view.files.matte].map((f) =>
      decodeLayer(files, piece.folder + f, view.width, view.height),
    ),
  );
  return {
    width: view.width,
    height: view.height,
    albedo: albedo!,
    diffuse: diffuse!,
    gloss: gloss!,
    matte: matte!,
  };
}

async function decodeLayer(
  files: PieceFiles,
  file: string,
  width: number,
  height: number,
): Promise<Uint8Array> {
  const { data, info } = await sharp(await files.read(file))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height || info.channels !== 3) {
    throw new MachineError(
      `${file} is ${info.width}×${info.height} but piece.json says ${width}×${height}`,
      'Install the pack again',
    );
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/**
 * Share of the floor's light that a piece blocks, seen from above: u8 (255 all), x to the right, rows towards the
 * front (−y); the origin of piece space is at `originX`, `originY` (px).
 */
export interface ShadowMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly metresPerPixel: number;
  readonly originX: number;
  readonly originY: number;
}

/** Decodes a piece's floor shadow. */
export async function loadShadowMap(files: PieceFiles, piece: Piece): Promise<ShadowMap> {
  const { data, info } = await sharp(await files.read(piece.folder + piece.floorShadow.file))
    .toColourspace('srgb')
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    metresPerPixel: piece.floorShadow.metresPerPixel,
    originX: piece.floorShadow.origin[0],
    originY: piece.floorShadow.origin[1],
  };
}
