import { z } from 'zod';
import { MachineError } from '../errors.ts';

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
