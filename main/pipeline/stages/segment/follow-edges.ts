import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { boxMean, fitGuidedModel, type GuidedModel, toGuide } from '../../../imaging/guided-filter.ts';
import { fullScale, type Raster } from '../../../imaging/raster.ts';
import { resizeRaster } from '../../../imaging/resize.ts';
import type { MaskWindow } from '../../../imaging/window.ts';
import { cropFrame } from './encode.ts';
import { sampleGrid, samplePositions } from './scene-grid.ts';

/** Long side of the picture on which the guided filter's models are fitted. */
const MODEL_SIDE = 1024;
/** Edges weaker than this share of full scale are no edges, squared. */
const EPSILON = 1e-4;
/** How much the filtered answer is steepened: a window that holds both sides answers less than 0 to 1. */
const STEEPNESS = 1.6;

/**
 * A soft mask at photo resolution from a division of a smaller crop: the division's logits are enlarged, and within a
 * band around its border a guided filter sets them on the photo's own edges (fast guided filter: He and Sun 2015).
 * @param logits f32, the division's, laid over `rect`
 * @param rect the crop, whole photo px
 * @param edges 0 the enlarged logits alone … 1 the photo's edges
 * @returns u8 mask whose window is `rect`
 */
export async function followEdges(
  frame: Frame,
  rect: Rect,
  logits: Raster<Float32Array>,
  edges: number,
): Promise<MaskWindow> {
  const pixels = cropFrame(frame, rect).raster;
  const scale = Math.min(1, MODEL_SIDE / Math.max(rect.width, rect.height));
  const width = Math.max(1, Math.round(rect.width * scale));
  const height = Math.max(1, Math.round(rect.height * scale));
  const whole: Rect = { x: 0, y: 0, width: logits.width, height: logits.height };
  const probability = sampleGrid(logits, whole, width, height).data;
  for (let i = 0; i < probability.length; i++) probability[i] = 1 / (1 + Math.exp(-probability[i]!));
  const cell = Math.max(1, width / logits.width);
  const radius = Math.max(2, Math.round(2.2 * cell));
  const guide = toGuide(await resizeRaster(pixels, width, height));
  const model = fitGuidedModel(guide, probability, radius, EPSILON);
  const band = boxMean(
    Float32Array.from(probability, (p) => (p > 0.5 ? 1 : 0)),
    width,
    height,
    radius,
  );
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
  const { width, height, channels, data } = pixels;
  const { model, probability, band } = layers;
  const output = new Uint8Array(width * height);
  const columns = samplePositions(0, model.width, width, model.width);
  const rows = samplePositions(0, model.height, height, model.height);
  const scale = 1 / fullScale(data);
  const [toGreen, toBlue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let y = 0; y < height; y++) {
    const down = rows.share[y]!;
    const top = rows.first[y]! * model.width;
    const bottom = rows.second[y]! * model.width;
    for (let x = 0, to = y * width; x < width; x++, to++) {
      const a = top + columns.first[x]!;
      const d = bottom + columns.second[x]!;
      if (band[a] === band[d] && (band[a] === 0 || band[a] === 1)) {
        output[to] = band[a] === 1 ? 255 : 0;
        continue;
      }
      const b = top + columns.second[x]!;
      const c = bottom + columns.first[x]!;
      const across = columns.share[x]!;
      const wd = across * down;
      const wb = across - wd;
      const wc = down - wd;
      const wa = 1 - across - wc;
      const at = to * channels;
      const red = data[at]! * scale;
      const green = data[at + toGreen]! * scale;
      const blue = data[at + toBlue]! * scale;
      const filtered =
        red * (wa * model.red[a]! + wb * model.red[b]! + wc * model.red[c]! + wd * model.red[d]!) +
        green * (wa * model.green[a]! + wb * model.green[b]! + wc * model.green[c]! + wd * model.green[d]!) +
        blue * (wa * model.blue[a]! + wb * model.blue[b]! + wc * model.blue[c]! + wd * model.blue[d]!) +
        (wa * model.offset[a]! + wb * model.offset[b]! + wc * model.offset[c]! + wd * model.offset[d]!);
      const plain = wa * probability[a]! + wb * probability[b]! + wc * probability[c]! + wd * probability[d]!;
      const steep = 0.5 + (filtered - 0.5) * STEEPNESS;
      const inBand = wa * band[a]! + wb * band[b]! + wc * band[c]! + wd * band[d]!;
      const value = 255 * holdAway(plain + edges * (steep - plain), inBand);
      output[to] = value <= 0 ? 0 : value >= 255 ? 255 : value + 0.5;
    }
  }
  return output;
}

/** Keeps a value within what the band allows: free at its middle (0.5), certain at its ends (0 and 1). */
function holdAway(value: number, inBand: number): number {
  const most = inBand * 8;
  const least = 1 - (1 - inBand) * 8;
  return value > most ? most : value < least ? least : value;
}
