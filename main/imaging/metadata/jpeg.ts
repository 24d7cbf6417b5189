/** What is added to a JPEG; every part is optional. */
export interface JpegMetadata {
  readonly icc?: Uint8Array | null;
  /** TIFF-structured EXIF without the `Exif\0\0` prefix; left out where it exceeds one segment. */
  readonly exif?: Uint8Array | null;
  readonly xmp?: Uint8Array | null;
  /** Pixels per inch. */
  readonly dpi?: number;
}

const MAX_SEGMENT = 65533;
const ICC_CHUNK = MAX_SEGMENT - 14;

// SOI and a JFIF 1.01 header without units, for encoders that leave it out.
const JFIF_HEADER = [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

/**
 * Adds APP segments to a JPEG behind its JFIF header: EXIF and XMP (APP1), ICC in chunks (APP2, ICC.1:2022 annex B).
 * Returns the parts to write one after the other; the coded picture is untouched.
 */
export function addJpegMetadata(jpeg: Uint8Array, metadata: JpegMetadata): Uint8Array[] {
  const { icc, exif, xmp, dpi } = metadata;
  const hasJfif = jpeg[2] === 0xff && jpeg[3] === 0xe0;
  const split = hasJfif ? 4 + ((jpeg[4]! << 8) | jpeg[5]!) : 2;
  const head = hasJfif ? new Uint8Array(jpeg.subarray(0, split)) : Uint8Array.from(JFIF_HEADER);
  if (dpi) setJfifDensity(head, dpi);
  const parts: Uint8Array[] = [head];
  if (exif && exif.length + 6 <= MAX_SEGMENT) parts.push(segment(0xe1, 'Exif\0\0', exif));
  if (xmp && xmp.length + 29 <= MAX_SEGMENT) parts.push(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp));
  if (icc) parts.push(...iccSegments(icc));
  parts.push(jpeg.subarray(split));
  return parts;
}

function iccSegments(icc: Uint8Array): Uint8Array[] {
  const count = Math.ceil(icc.length / ICC_CHUNK);
  if (count > 255)
    throw new TypeError(`Expected a profile of at most ${255 * ICC_CHUNK} bytes but received ${icc.length}`);
  return Array.from({ length: count }, (_, i) =>
    segment(
      0xe2,
      `ICC_PROFILE\0${String.fromCharCode(i + 1, count)}`,
      icc.subarray(i * ICC_CHUNK, (i + 1) * ICC_CHUNK),
    ),
  );
}

function segment(marker: number, identifier: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(4 + identifier.length + data.length);
  out[0] = 0xff;
  out[1] = marker;
  out.writeUInt16BE(out.length - 2, 2);
  out.write(identifier, 4, 'latin1');
  out.set(data, 4 + identifier.length);
  return out;
}

/** Writes X and Y density in dots per inch into a JFIF header (bytes 13–17 of the file). */
function setJfifDensity(head: Uint8Array, dpi: number): void {
  const value = Math.min(65535, Math.max(1, Math.round(dpi)));
  head[13] = 1;
  for (const at of [14, 16]) {
    head[at] = value >> 8;
    head[at + 1] = value & 0xff;
  }
}
