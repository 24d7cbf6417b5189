import { bindGraph, type Bound } from '../../../../inference/adapters/bind.ts';
import type { Adapter } from '../../../../inference/adapters/schema.ts';
import {
  floatData,
  floatTensor,
  type ModelId,
  type ModelRunner,
  type Tensor,
} from '../../../../inference/tensor.ts';
import type { Raster } from '../../../../imaging/raster.ts';
import type { Box, Click } from '../params.ts';
import { type SceneFit, toCells } from '../scene-grid.ts';

/** One of the masks a decoder proposes. */
export interface Proposal {
  /** Over the net's whole square, padding included. */
  readonly logits: Raster<Float32Array>;
  /** The decoder's own estimate of its quality, about 0–1. */
  readonly score: number;
}

export interface Decoded {
  readonly proposals: readonly Proposal[];
  /** True where the graph has no place for a box, so that the box has yet to be respected. */
  readonly ignoredBox: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: number;
}

/** Labels of the published prompt encoders; NONE fills up where there is no point at all. */
const [EXCLUDE, INCLUDE, TOP_LEFT, BOTTOM_RIGHT] = [0, 1, 2, 3];
/** transformers' own filler, and the original decoder's. */
const NONE = { transformers: -10, original: -1 } as const;

/** Asks a pack's decoder for the object under clicks and in a box (photo px). */
export async function decodePrompt(
  models: ModelRunner,
  adapter: Adapter,
  model: ModelId,
  embedding: Readonly<Record<string, Tensor>>,
  fit: SceneFit,
  clicks: readonly Click[],
  box: Box | null,
): Promise<Decoded> {
  const bound = bindGraph(adapter.kind, model, await models.describe(model));
  const original = adapter.kind === 'mobile-sam';
  const ignoredBox = box !== null && !original && !bound.inputs['boxes'];
  const points = clicks.map((click) => ({
    ...toNet(fit, click),
    label: click.label === 'include' ? INCLUDE! : EXCLUDE!,
  }));
  if (ignoredBox && !points.some(({ label }) => label === INCLUDE)) points.push(middleOf(fit, box));
  const feeds = original
    ? feedOriginal(points, box, fit)
    : feedTransformers(points, ignoredBox ? null : box, fit);
  const answer = await models.run(model, nameFeeds(bound, { ...embedding, ...feeds }));
  return { proposals: readProposals(bound, answer), ignoredBox };
}

/** Net pixels whose centres are whole numbers: the graphs add the half themselves. */
function toNet(fit: SceneFit, point: { readonly x: number; readonly y: number }) {
  const { x, y } = toCells(fit, point, 1);
  return { x: x - 0.5, y: y - 0.5 };
}

function middleOf(fit: SceneFit, { x0, y0, x1, y1 }: Box): Point {
  return { ...toNet(fit, { x: (x0 + x1) / 2, y: (y0 + y1) / 2 }), label: INCLUDE! };
}

/** SAM and SAM 2 as transformers exports them: points and labels with a prompt axis, boxes of their own. */
function feedTransformers(given: readonly Point[], box: Box | null, fit: SceneFit): Record<string, Tensor> {
  const points = given.length > 0 ? given : [{ x: 0, y: 0, label: NONE.transformers }];
  const corners = box ? cornersOf(fit, box).flatMap(({ x, y }) => [x, y]) : [];
  return {
    points: floatTensor(coordinates(points), [1, 1, points.length, 2]),
    labels: {
      type: 'int64',
      dims: [1, 1, points.length],
      data: BigInt64Array.from(points, ({ label }) => BigInt(label)),
    },
    boxes: floatTensor(Float32Array.from(corners), [1, box ? 1 : 0, 4]),
  };
}

/** The original decoder: a box is two more points; without one a filler stands for it. */
function feedOriginal(given: readonly Point[], box: Box | null, fit: SceneFit): Record<string, Tensor> {
  const points = [...given, ...(box ? cornersOf(fit, box) : [{ x: 0, y: 0, label: NONE.original }])];
  return {
    points: floatTensor(coordinates(points), [1, points.length, 2]),
    labels: floatTensor(
      Float32Array.from(points, ({ label }) => label),
      [1, points.length],
    ),
    earlier: floatTensor(new Float32Array(256 * 256), [1, 1, 256, 256]),
    hasEarlier: floatTensor(new Float32Array(1), [1]),
    // The masks it enlarges are not used: at the net's own size they cost least.
    size: floatTensor(Float32Array.of(fit.height, fit.width), [2]),
  };
}

function cornersOf(fit: SceneFit, { x0, y0, x1, y1 }: Box): Point[] {
  return [
    { ...toNet(fit, { x: x0, y: y0 }), label: TOP_LEFT! },
    { ...toNet(fit, { x: x1, y: y1 }), label: BOTTOM_RIGHT! },
  ];
}

function coordinates(points: readonly Point[]): Float32Array {
  return Float32Array.from(points.flatMap(({ x, y }) => [x, y]));
}

function nameFeeds({ inputs }: Bound, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const named: Record<string, Tensor> = {};
  for (const [role, tensor] of Object.entries(feeds)) {
    const info = inputs[role];
    if (info) named[info.name] = tensor;
  }
  return named;
}

/** Three masks; a fourth, first one is the original decoder's answer for when only one is wanted. */
function readProposals({ outputs }: Bound, answer: Readonly<Record<string, Tensor>>): Proposal[] {
  const { masks, scores } = outputs;
  const samples = floatData(answer[masks!.name], masks!.name);
  const estimates = floatData(answer[scores!.name], scores!.name);
  const [height, width] = answer[masks!.name]!.dims.slice(-2) as [number, number];
  const plane = width * height;
  const all = Array.from({ length: Math.floor(samples.length / plane) }, (_, i) => ({
    logits: { width, height, channels: 1, data: samples.subarray(i * plane, (i + 1) * plane) },
    score: estimates[i] ?? 0,
  }));
  return all.length === 4 ? all.slice(1) : all;
}
