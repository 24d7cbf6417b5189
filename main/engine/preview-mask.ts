import { sharp } from '../imaging/vips.ts';
import type { ModelRunner } from '../inference/tensor.ts';
import { previewObject, searchScene } from '../pipeline/stages/segment/run.ts';
import type { ProjectSession } from './project-session.ts';
import type { MaskPreview, PreviewRequest } from './protocol.ts';

/**
 * The coarse masks that clicks may mean, from an encoding that is in the project. The first call after the project is
 * opened reads the photo and its features; a further click costs a run of the click head and a small
 * cut for each mask.
 */
export async function previewMask(
  { frame, encoded, clicks, box, proposal, withOthers }: PreviewRequest,
  session: ProjectSession,
  models: ModelRunner,
): Promise<MaskPreview> {
  const search = await searchScene(models, await session.frame(frame), {
    features: await session.raster(encoded.features),
    featuresLow: await session.raster(encoded.featuresLow),
    layout: await session.raster(encoded.layout),
  });
  const preview = await previewObject(search, clicks, box, proposal, withOthers);
  const { width, height } = preview.proposals[preview.chosen]!.mask;
  const proposals = await Promise.all(
    preview.proposals.map(async ({ mask, ...proposal }) => ({
      ...proposal,
      area: insideShare(mask.data),
      png: await encodeMask(mask),
    })),
  );
  return { width, height, chosen: preview.chosen, proposals };
}

/** Share of the photo that lies inside, 0–1. */
function insideShare(data: Uint8Array): number {
  let inside = 0;
  for (const value of data) inside += value;
  return inside / (255 * data.length);
}

async function encodeMask({ data, width, height }: { data: Uint8Array; width: number; height: number }) {
  const png = await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 3 })
    .toBuffer();
  return png.toString('base64');
}
