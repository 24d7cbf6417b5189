import { MachineError } from '../errors.ts';
import { sharp } from '../imaging/vips.ts';
import type { Piece, PieceFiles, PieceView } from './pieces.ts';

export * from './pieces.ts';

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
