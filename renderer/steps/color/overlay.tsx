import { thumbnailUrl } from '../../state/bridge.ts';
import { useLayerJson } from '../../state/json.ts';
import { findLayer, lastLayer, useDocument } from '../../state/select.ts';
import { useView } from '../../state/view.ts';
import { toPane, useCamera } from '../../viewer/camera.ts';
import { isPlacement } from '../inpaint/placement.ts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The field of gains over the place it was applied to: a few dozen cells, so a small picture tells everything. */
export function ColorOverlay() {
  const document = useDocument();
  const isOn = useView((v) => v.drift);
  const camera = useCamera();
  const placement = useLayerJson(findLayer(document, 'inpaint.place/placement'));
  const crop = useLayerJson(findLayer(document, 'inpaint.crop/crop'));
  const field = lastLayer(document, 'color.match/field');
  const box = isPlacement(placement) ? placement.handles.box : rectOf(crop);
  if (!isOn || !field || !box) return null;
  const { x, y } = toPane(camera, box.x, box.y);
  const size = { width: box.width * camera.scale, height: box.height * camera.scale };
  return (
    <img className="field-picture" alt="" src={thumbnailUrl(field)} style={{ left: x, top: y, ...size }} />
  );
}

/** Where a painted crop was taken from. */
function rectOf(crop: unknown): Box | null {
  const rect = (crop as { readonly rect?: Box } | null)?.rect;
  return rect && rect.width > 0 ? rect : null;
}
