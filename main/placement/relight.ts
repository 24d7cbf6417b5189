import { linearTable, SRGB_TABLE_STEPS, srgbTable } from '../imaging/color/transfer.ts';
import type { Frame } from '../imaging/frame.ts';
import type { Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';

/** Linear light above which highlights are compressed towards white. */
const SHOULDER = 0.75;

/** Multiplicative light over a rectangle of the photo: sample (i, j) holds the gains at rect.x + i·cell, rect.y + j·cell. */
export interface LightField {
  /** f32 [h,w,3] gains in linear light. */
  readonly gains: Raster<Float32Array>;
  readonly rect: Rect;
  /** Photo px between samples. */
  readonly cell: number;
}

/**
 * Lights a neutral-lit object: linear light times the field (bilinear), highlights compressed, black lifted to the
 * photo's.
 * @param object straight sRGB RGBA, u8 or u16
 * @param at where its top left corner lies, photo px
 * @param black linear luminance that the object's black becomes, 0–1
 * @returns the same format; samples are copied where alpha is 0
 */
export function relightObject(
  object: Frame['raster'],
  at: { readonly x: number; readonly y: number },
  field: LightField,
  black: number,
): Frame['raster'] {
  const { width, height } = object;
  const depth = object.data instanceof Uint8Array ? 8 : 16;
  const linear = linearTable(depth);
  const table = depth === 8 ? srgbTable(8) : srgbTable(16);
  const data = object.data.slice() as Uint8Array | Uint16Array;
  const row = new Float32Array(field.gains.width * 3);
  const lines = isNeutral(field) && black === 0 ? 0 : height;
  for (let y = 0, i = 0; y < lines; y++) {
    mixRows(field, at.y + y + 0.5, row);
    for (let x = 0; x < width; x++, i += 4) {
      const alpha = data[i + 3]!;
      if (alpha === 0) continue;
      const u = (at.x + x + 0.5 - field.rect.x) / field.cell;
      const left = Math.min(Math.max(Math.floor(u), 0), field.gains.width - 2);
      const share = Math.min(Math.max(u - left, 0), 1);
      for (let c = 0; c < 3; c++) {
        const k = left * 3 + c;
        const gain = row[k]! + (row[k + 3]! - row[k]!) * share;
        const light = black + (1 - black) * linear[data[i + c]!]! * gain;
        const shown = light <= SHOULDER ? light : compress(light);
        data[i + c] = table[(Math.sqrt(shown) * SRGB_TABLE_STEPS + 0.5) | 0]!;
      }
    }
  }
  return { width, height, channels: 4, data } as Frame['raster'];
}

function compress(light: number): number {
  return SHOULDER + (1 - SHOULDER) * Math.tanh((light - SHOULDER) / (1 - SHOULDER));
}

function isNeutral({ gains }: LightField): boolean {
  return gains.data.every((v) => v === 1);
}

/** The field's row at a photo row, interpolated. */
function mixRows({ gains, rect, cell }: LightField, y: number, out: Float32Array): void {
  const v = (y - rect.y) / cell;
  const top = Math.min(Math.max(Math.floor(v), 0), gains.height - 2);
  const share = Math.min(Math.max(v - top, 0), 1);
  const line = gains.width * 3;
  for (let k = 0; k < line; k++) {
    const a = gains.data[top * line + k]!;
    out[k] = a + (gains.data[(top + 1) * line + k]! - a) * share;
  }
}
