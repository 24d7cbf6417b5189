import { z } from 'zod';
import { artifactSource, pictures } from '../protocol.ts';

/** What a layer of the viewer shows. */
export const layerSource = z.strictObject({
  /** Path of the project file. */
  project: z.string(),
  /** Null is the upright source photo. */
  artifact: artifactSource.nullable(),
  picture: z.enum(pictures).exclude(['json']),
  /** Of a windowed artifact its window alone, not the whole photo around it. */
  windowOnly: z.boolean().default(false),
});
export type LayerSource = z.input<typeof layerSource>;

const layer = layerSource;
const whole = z.int().min(0);

/** What is asked of the tiles process: the query of a GET, as JSON. */
export const tileRequest = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('info'), layer }),
  z.strictObject({
    op: z.literal('tile'),
    layer,
    level: whole,
    column: whole,
    row: whole,
    /** `rrggbb`: a picture of one channel comes as this colour with its samples as alpha. */
    tint: z
      .string()
      .regex(/^[0-9a-f]{6}$/)
      .optional(),
  }),
  z.strictObject({ op: z.literal('thumbnail'), layer, side: z.int().min(16).max(2048) }),
  /** A small JPEG of a picture file. */
  z.strictObject({ op: z.literal('file'), path: z.string(), side: z.int().min(16).max(2048) }),
  /** Size of a photo file, and why it cannot be used: its header alone is read. */
  z.strictObject({ op: z.literal('inspect'), path: z.string(), name: z.string() }),
  z.strictObject({ op: z.literal('sample'), layer, x: whole, y: whole }),
  /** Lets go of a project's file and of all that was read from it. */
  z.strictObject({ op: z.literal('close'), project: z.string() }),
]);
export type TileRequest = z.input<typeof tileRequest>;

/** How a picture is tiled: level 0 is full size, each further one half of it, rounded up. */
export interface LayerInfo {
  readonly width: number;
  readonly height: number;
  /** Side of a tile, pixels of its level. */
  readonly tile: number;
  readonly levels: number;
  /** Finest level that can be had at once; finer ones wait until the photo is decoded. */
  readonly ready: number;
}

/** An encoded picture. */
export interface EncodedPicture {
  readonly bytes: Uint8Array;
  readonly type: 'image/png' | 'image/jpeg';
}
