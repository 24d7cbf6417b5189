import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { boxMean, fitGuidedModel, type GuidedModel, toGuide } from '../../../imaging/guided-filter.ts';
import { fullScale, type Raster } from '../../../imaging/raster.ts';
import type { MaskWindow } from '../../../imaging/window.ts';
import { sampleGrid, type SamplePositions, samplePositions } from './scene-grid.ts';

/** Edges weaker than this share of full scale are no edges, squared. */
const EPSILON = 1e-4;
/** How much the filtered answer is steepened: a window that holds both sides answers less than 0 to 1. */
const STEEPNESS = 1.6;

/**
 * A soft mask at photo resolution from a division of a smaller crop: the division's logits are enlarged, and within a
 * band around its border a guided filter sets them on the photo's own edges (fast guided filter: He and Sun 2015).
 * @param pixels the photo's own samples of `rect`
 * @param reduced the same, reduced: the filter's models are fitted on it
 * @param logits f32, the division's, laid over `rect`
 * @param rect the crop, whole photo px
 * @param edges 0 the enlarged logits alone … 1 the photo's edges
 * @returns u8 mask whose window is `rect`
 */
export function followEdges(
  pixels: Frame['raster'],
  reduced: Frame['raster'],
  rect: Rect,
  logits: Raster<Float32Array>,
  edges: number,
): MaskWindow {
  const { width, height } = reduced;
  const whole: Rect = { x: 0, y: 0, width: logits.width, height: logits.height };
  const probability = sampleGrid(logits, whole, width, height).data;
  const band = new Float32Array(probability.length);
  for (let i = 0; i < probability.length; i++) {
    band[i] = probability[i]! > 0 ? 1 : 0;
    probability[i] = 1 / (1 + Math.exp(-probability[i]!));
  }
  const radius = Math.max(2, Math.round((2.2 * width) / logits.width));
  const model = fitGuidedModel(toGuide(reduced), probability, radius, EPSILON);
  boxMean(band, width, height, radius, band);
  const data = paintMask(pixels, { model, probability, band }, edges);
  return { rect, raster: { width: rect.width, height: rect.height, channels: 1, data } };
}

interface Layers {
  readonly model: GuidedModel;
  readonly probability: Float32Array;
  /** 0 far outside, 1 far inside, between them near the border. */
  readonly band: Float32Array;
}

/** Full-size pass: constant away from the border, the local models on the photo's own pixels near it. */
function paintMask(pixels: Frame['raster'], layers: Layers, edges: number): Uint8Array {
  const { width, height } = pixels;
  const { model, band } = layers;
  const output = new Uint8Array(width * height);
  const columns = samplePositions(0, model.width, width, model.width);
  const rows = samplePositions(0, model.height, height, model.height);
  const paint = makePainter(pixels, layers, columns, edges);
  for (let y = 0; y < height; y++) {
    const top = rows.first[y]! * model.width;
    const bottom = rows.second[y]! * model.width;
    for (let x = 0; x < width; ) {
      const left = columns.first[x]!;
      const right = columns.second[x]!;
      const start = x;
      // All pixels between two columns of the model share their four corners.
      while (x < width && columns.first[x] === left) x++;
      const inside = band[top + left]! + band[top + right]! + band[bottom + left]! + band[bottom + right]!;
      if (inside === 0) continue;
      if (inside === 4) output.fill(255, y * width + start, y * width + x);
      else paint(output, y * width, start, x, top, bottom, rows.share[y]!);
    }
  }
  return output;
}

type Painter = (
  output: Uint8Array,
  row: number,
  from: number,
  to: number,
  top: number,
  bottom: number,
  down: number,
) => void;

/** Makes the loop over pixels `from`…`to` of a row that lies between the model's rows `top` and `bottom`. */
function makePainter(
  { channels, data }: Frame['raster'],
  { model, probability, band }: Layers,
  columns: SamplePositions,
  edges: number,
): Painter {
  const { red, green, blue, offset } = model;
  const scale = 1 / fullScale(data);
  const [toGreen, toBlue] = channels >= 3 ? [1, 2] : [0, 0];
  return (output, row, from, to, top, bottom, down) => {
    for (let x = from; x < to; x++) {
      const a = top + columns.first[x]!;
      const b = top + columns.second[x]!;
      const c = bottom + columns.first[x]!;
      const d = bottom + columns.second[x]!;
      const across = columns.share[x]!;
      const wd = across * down;
      const wb = across - wd;
      const wc = down - wd;
      const wa = 1 - across - wc;
      const at = (row + x) * channels;
      const filtered =
        scale * data[at]! * (wa * red[a]! + wb * red[b]! + wc * red[c]! + wd * red[d]!) +
        scale * data[at + toGreen]! * (wa * green[a]! + wb * green[b]! + wc * green[c]! + wd * green[d]!) +
        scale * data[at + toBlue]! * (wa * blue[a]! + wb * blue[b]! + wc * blue[c]! + wd * blue[d]!) +
        (wa * offset[a]! + wb * offset[b]! + wc * offset[c]! + wd * offset[d]!);
      const plain = wa * probability[a]! + wb * probability[b]! + wc * probability[c]! + wd * probability[d]!;
      const steep = 0.5 + (filtered - 0.5) * STEEPNESS;
      const inBand = wa * band[a]! + wb * band[b]! + wc * band[c]! + wd * band[d]!;
      const value = 255 * holdAway(plain + edges * (steep - plain), inBand);
      output[row + x] = value <= 0 ? 0 : value >= 255 ? 255 : value + 0.5;
    }
  };
}

/** Keeps a value within what the band allows: free at its middle (0.5), certain at its ends (0 and 1). */
function holdAway(value: number, inBand: number): number {
  const most = inBand * 8;
  const least = 1 - (1 - inBand) * 8;
  return value > most ? most : value < least ? least : value;
}
