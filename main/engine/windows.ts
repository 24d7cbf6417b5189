import { createRaster, dtypeOf, type Raster, type Samples } from '../imaging/raster.ts';
import type { WindowedRaster } from '../pipeline/node.ts';
import { createDigest } from '../store/artifact.ts';

const ZERO_PIECE = 1 << 20;

/**
 * SHA-256 of the whole raster a window belongs to (see `createDigest`), without allocating it.
 * @param frame what shows outside a window over the frame; needed for those only
 */
export function digestWhole(windowed: WindowedRaster, frame: Raster | null): string {
  const { raster, window } = windowed;
  const digest = createDigest(dtypeOf(raster.data), [window.height, window.width, raster.channels]);
  const outside = outsideSamples(windowed, frame);
  eachPiece(windowed, {
    outside: (start, end) => outside(start, end, (piece) => digest.update(piece)),
    inside: (start, end) => digest.update(raster.data.subarray(start, end)),
  });
  return digest.hex();
}

/** The whole raster in memory; the window's own raster where it is the whole. */
export function expandWindow(windowed: WindowedRaster, frame: Raster | null): Raster {
  const { raster, window } = windowed;
  if (raster.width === window.width && raster.height === window.height) return raster;
  const whole = createRaster(dtypeOf(raster.data), window.width, window.height, raster.channels);
  const { data } = whole;
  if (window.background === 'frame') data.set(requireFrame(windowed, frame).data);
  const row = raster.width * raster.channels;
  for (let y = 0; y < raster.height; y++) {
    const at = ((window.rect.y + y) * window.width + window.rect.x) * raster.channels;
    data.set(raster.data.subarray(y * row, (y + 1) * row), at);
  }
  return whole;
}

/** Calls back for each run of samples in row order: index ranges of the whole outside, of the window inside. */
function eachPiece(
  { raster, window }: WindowedRaster,
  visit: { outside(start: number, end: number): void; inside(start: number, end: number): void },
): void {
  const { rect } = window;
  const row = rect.width * raster.channels;
  const wholeRow = window.width * raster.channels;
  let done = 0; // samples of the whole that have been visited
  if (rect.width === window.width) {
    visit.outside(0, rect.y * wholeRow);
    visit.inside(0, rect.height * row);
    done = (rect.y + rect.height) * wholeRow;
  } else if (row > 0) {
    for (let y = 0; y < rect.height; y++) {
      const at = (rect.y + y) * wholeRow + rect.x * raster.channels;
      visit.outside(done, at);
      visit.inside(y * row, (y + 1) * row);
      done = at + row;
    }
  }
  visit.outside(done, window.height * wholeRow);
}

function outsideSamples(windowed: WindowedRaster, frame: Raster | null) {
  if (windowed.window.background === 'frame') {
    const { data } = requireFrame(windowed, frame);
    return (start: number, end: number, take: (piece: Samples) => void) => take(data.subarray(start, end));
  }
  const longest = Math.min(
    ZERO_PIECE,
    windowed.window.width * windowed.window.height * windowed.raster.channels,
  );
  const zeros = createRaster(dtypeOf(windowed.raster.data), longest, 1).data;
  return (start: number, end: number, take: (piece: Samples) => void) => {
    for (let at = start; at < end; at += longest) take(zeros.subarray(0, Math.min(longest, end - at)));
  };
}

function requireFrame({ raster, window }: WindowedRaster, frame: Raster | null): Raster {
  const fits =
    frame !== null &&
    frame.width === window.width &&
    frame.height === window.height &&
    frame.channels === raster.channels &&
    dtypeOf(frame.data) === dtypeOf(raster.data);
  if (!fits) {
    const has = frame ? `${frame.width}×${frame.height}×${frame.channels} ${dtypeOf(frame.data)}` : 'none';
    const wants = `${window.width}×${window.height}×${raster.channels} ${dtypeOf(raster.data)}`;
    throw new TypeError(`Expected a frame of ${wants} behind the window but received ${has}`);
  }
  return frame;
}
