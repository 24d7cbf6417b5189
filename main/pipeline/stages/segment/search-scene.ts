import type { Frame } from '../../../imaging/frame.ts';
import type { Raster } from '../../../imaging/raster.ts';
import type { ModelRunner } from '../../../inference/tensor.ts';
import { CLICK_HEAD } from './click-head.ts';
import { sideOf } from './encode.ts';
import { type ObjectSearch, openSearch } from './object-search.ts';
import { fitScene, toTensor } from './scene-grid.ts';

/** What `segment.encode` wrote of a photo. */
export interface EncodedScene {
  readonly features: Raster;
  readonly featuresLow: Raster;
  readonly layout: Raster;
}

/** The search in an encoded photo; the same one while its features stay in memory. */
export async function searchScene(
  models: ModelRunner,
  frame: Frame,
  { features, featuresLow, layout }: EncodedScene,
): Promise<ObjectSearch> {
  const { width, height } = frame.raster;
  const { inputs } = await models.describe(CLICK_HEAD);
  const side = sideOf(inputs, 'clicks', 4);
  return openSearch(features, models, frame, () => ({
    fit: fitScene({ x: 0, y: 0, width, height }, side),
    features: toTensor(features),
    featuresLow: toTensor(featuresLow),
    layout,
  }));
}
