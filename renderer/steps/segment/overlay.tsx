import { X } from 'lucide-react';
import { useEffect } from 'react';
import { pictureUrl } from '../../state/bridge.ts';
import { useModel } from '../../state/model.ts';
import { useParams } from '../../state/params.ts';
import { findLayer, useDocument } from '../../state/select.ts';
import { setView, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { toPane, useCamera } from '../../viewer/camera.ts';
import { MASK_TINT } from '../../viewer/shown.ts';
import { registerTool } from '../../viewer/tool.ts';
import { setBox } from './actions.ts';
import { settleStrokes } from './brush.ts';
import { Markers } from './markers.tsx';
import { StrokeCanvas } from './stroke-canvas.tsx';
import { segmentTool, useHand } from './tool.ts';

registerTool('segment', segmentTool);

/** Everything the mask step lays over the photo. */
export function SegmentOverlay() {
  const document = useDocument();
  const mask = findLayer(document, 'segment.grow/mask');
  const running = useModel((m) => m.progress !== null);
  useEffect(() => {
    if (running) return;
    const standIn = useView.getState().preview;
    // The refined mask is on its way to the screen: what stood in for it goes when its tiles are there. The answer to
    // a click made since stays: the mask it stands in for is yet to come.
    const timer = setTimeout(() => {
      settleStrokes();
      if (standIn?.from === 'click' && useView.getState().preview === standIn) setView({ preview: null });
    }, 350);
    return () => clearTimeout(timer);
  }, [mask, running]);
  return (
    <>
      <Proposal />
      <StrokeCanvas />
      <Boxes />
      <Markers />
      <BrushRing />
    </>
  );
}

/** The coarse mask: what a click here would take, or the first answer to one. */
function Proposal() {
  const preview = useView((v) => v.preview);
  const overlay = useView((v) => v.overlay);
  const camera = useCamera();
  const hasMask = findLayer(useDocument(), 'segment.grow/mask') !== null;
  const chosen = preview?.mask.proposals[preview.mask.chosen];
  if (!preview || !chosen || !overlay) return null;
  const { x, y } = toPane(camera, 0, 0);
  return (
    <img
      className="proposal"
      data-from={preview.from}
      data-over={hasMask}
      alt=""
      src={pictureUrl(chosen.url, MASK_TINT)}
      style={{
        left: x,
        top: y,
        width: camera.photoWidth * camera.scale,
        height: camera.photoHeight * camera.scale,
      }}
    />
  );
}

function Boxes() {
  const { box } = useParams('segment');
  const drawn = useHand((h) => h.box);
  const camera = useCamera();
  const corners = drawn ? { x0: drawn.from.x, y0: drawn.from.y, x1: drawn.to.x, y1: drawn.to.y } : box;
  if (!corners) return null;
  const a = toPane(camera, Math.min(corners.x0, corners.x1), Math.min(corners.y0, corners.y1));
  const b = toPane(camera, Math.max(corners.x0, corners.x1), Math.max(corners.y0, corners.y1));
  return (
    <div
      className="mask-box"
      data-drawing={drawn !== null}
      style={{ left: a.x, top: a.y, width: b.x - a.x, height: b.y - a.y }}
    >
      {!drawn && (
        <button
          type="button"
          className="mask-box-remove"
          aria-label={t.segment.history.noBox}
          onClick={() => setBox(null)}
        >
          <X aria-hidden />
        </button>
      )}
    </div>
  );
}

function BrushRing() {
  const tool = useView((v) => v.tool);
  const size = useView((v) => v.brushSize);
  const hardness = useView((v) => v.hardness);
  const at = useHand((h) => h.brush);
  const camera = useCamera();
  if (!at || (tool !== 'brush' && tool !== 'eraser')) return null;
  const { x, y } = toPane(camera, at.x, at.y);
  const r = Math.max(1.5, (size / 2) * camera.scale);
  return (
    <svg aria-hidden>
      <circle cx={x} cy={y} r={r + 1} className="ring-dark" />
      <circle cx={x} cy={y} r={r} className="ring" />
      {hardness < 0.95 && r > 8 && <circle cx={x} cy={y} r={r * hardness} className="ring inner" />}
      {tool === 'eraser' && <path d={`M${x - 4} ${y}h8`} className="ring" />}
    </svg>
  );
}
