import type { Raster } from './raster.ts';

/** What is known of a photo besides its samples. */
export interface FrameInfo {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly depth: 8 | 16;
  /** `jpeg`, `png`, `tiff`, `webp`, …: the source file's own format. */
  readonly format: string;
  /** True where the file was CMYK and was converted to sRGB at import. */
  readonly convertedFromCmyk: boolean;
  /** What the decoder did besides, for the report: e.g. `CMYK converted to sRGB`. */
  readonly notes: readonly string[];
}

/** An upright photo in its own depth and profile. Samples are never altered by reading them. */
export interface Frame {
  readonly info: FrameInfo;
  /** u8 or u16 samples, `info.channels` channels, in the encoding of `icc` (sRGB where `icc` is null). */
  readonly raster: Raster<Uint8Array> | Raster<Uint16Array>;
  /** The embedded ICC profile, verbatim. */
  readonly icc: Uint8Array | null;
}
