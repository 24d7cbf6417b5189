import type { Raster } from './raster.ts';
import { hasAlpha } from './samples.ts';
import { type MaskWindow, type RasterWindow, assertWindow } from './window.ts';

type FrameSamples = Uint8Array | Uint16Array;

/**
 * Lays a patch over a frame: `(patch · a + frame · (255 − a)) / 255`, rounded, in the frame's own depth. Where alpha is
 * 0 the frame's samples are copied bit for bit, where it is 255 the patch's. A frame's alpha channel is kept.
 * Patch and alpha share one window inside the photo; the patch has the frame's dtype and its channels, with or
 * without alpha. Returns the alpha's window of the composite; everywhere else the composite is the frame.
 * Throws TypeError where the arguments do not fit each other.
 */
export function compositePatch<S extends FrameSamples>(
  frame: Raster<S>,
  patch: RasterWindow<S>,
  alpha: MaskWindow,
): RasterWindow<S> {
  assertFits(frame, patch, alpha);
  const { rect } = alpha;
  const { channels } = frame;
  const colors = hasAlpha(frame) ? channels - 1 : channels;
  const step = patch.raster.channels;
  // Without alpha the patch's samples are the composite's: whole runs are copied.
  const whole = step === channels && colors === channels;
  const data = new (frame.data.constructor as new (length: number) => S)(rect.width * rect.height * channels);
  for (let y = 0; y < rect.height; y++) {
    const from = ((rect.y + y) * frame.width + rect.x) * channels;
    const row = y * rect.width;
    data.set(frame.data.subarray(from, from + rect.width * channels), row * channels);
    for (let x = 0; x < rect.width; x++) {
      const a = alpha.raster.data[row + x]!;
      if (a === 0) continue;
      if (a === 255 && whole) {
        let end = x + 1;
        while (end < rect.width && alpha.raster.data[row + end] === 255) end++;
        data.set(patch.raster.data.subarray((row + x) * step, (row + end) * step), (row + x) * channels);
        x = end - 1;
        continue;
      }
      const rest = 255 - a;
      let at = (row + x) * channels;
      let source = (row + x) * step;
      for (let c = 0; c < colors; c++, at++, source++) {
        data[at] = ((patch.raster.data[source]! * a + data[at]! * rest + 127) / 255) | 0;
      }
    }
  }
  return { raster: { width: rect.width, height: rect.height, channels, data }, rect };
}

function assertFits(frame: Raster, patch: RasterWindow, alpha: MaskWindow): void {
  assertWindow(patch, 'patch');
  assertWindow(alpha, 'alpha');
  const { rect } = alpha;
  const same =
    rect.x === patch.rect.x &&
    rect.y === patch.rect.y &&
    rect.width === patch.rect.width &&
    rect.height === patch.rect.height;
  if (!same) throw new TypeError('Expected patch and alpha in one window');
  if (rect.x < 0 || rect.y < 0 || rect.x + rect.width > frame.width || rect.y + rect.height > frame.height) {
    throw new TypeError('Expected a window inside the photo');
  }
  const colors = hasAlpha(frame) ? frame.channels - 1 : frame.channels;
  if (patch.raster.channels !== frame.channels && patch.raster.channels !== colors) {
    throw new TypeError(
      `Expected a patch of ${frame.channels} or ${colors} channels but received ${patch.raster.channels}`,
    );
  }
  if (patch.raster.data.constructor !== frame.data.constructor)
    throw new TypeError('Expected patch and frame of one depth');
}

export interface Identity {
  /** Pixels of the photo with alpha 0. */
  readonly checked: number;
  /** How many of them differ from the frame in any sample. */
  readonly differing: number;
}

/**
 * Compares a composite with its frame wherever alpha is 0, sample by sample. Outside the window the composite is the
 * frame's own storage: those pixels are counted as checked and cannot differ.
 */
export function checkIdentity(frame: Raster, composite: RasterWindow, alpha: MaskWindow): Identity {
  const { rect } = composite;
  const { channels } = frame;
  const width = rect.width;
  const a = alpha.raster.data;
  let edited = 0;
  let differing = 0;
  for (let y = 0; y < rect.height; y++) {
    const row = y * width;
    const base = ((rect.y + y) * frame.width + rect.x) * channels;
    for (let x = 0; x < width; x++) {
      if (a[row + x] !== 0) {
        edited++;
        continue;
      }
      const at = (row + x) * channels;
      const from = base + x * channels;
      for (let c = 0; c < channels; c++) {
        if (composite.raster.data[at + c] !== frame.data[from + c]) {
          differing++;
          break;
        }
      }
    }
  }
  return { checked: frame.width * frame.height - edited, differing };
}

/** Writes a composite's window back into a copy of the frame: the whole picture, for delivery. */
export function expandComposite<S extends FrameSamples>(
  frame: Raster<S>,
  composite: RasterWindow<S>,
): Raster<S> {
  const data = frame.data.slice() as S;
  const whole = { ...frame, data };
  pasteWindow(whole, composite);
  return whole;
}

/** Copies a window into a raster in place. Same dtype and channels; the window lies inside. */
export function pasteWindow(raster: Raster, { raster: from, rect }: RasterWindow): void {
  const { channels } = raster;
  const length = rect.width * channels;
  for (let y = 0; y < rect.height; y++) {
    raster.data.set(
      from.data.subarray(y * length, (y + 1) * length),
      ((rect.y + y) * raster.width + rect.x) * channels,
    );
  }
}
