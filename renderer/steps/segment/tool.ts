import { create } from 'zustand';
import { askQuietly } from '../../state/bridge.ts';
import { useModel } from '../../state/model.ts';
import { currentParams } from '../../state/params.ts';
import { setView, useView } from '../../state/view.ts';
import { isInside, type PhotoPoint, useCamera } from '../../viewer/camera.ts';
import type { PointerTool } from '../../viewer/tool.ts';
import { addClick, proposalReach, setBox } from './actions.ts';
import { abandonStroke, beginStroke, continueStroke, endStroke } from './brush.ts';

interface Hand {
  /** Corner at which a box was begun, and where the pointer is. */
  readonly box: { readonly from: PhotoPoint; readonly to: PhotoPoint } | null;
  /** Photo point of the brush's ring. */
  readonly brush: PhotoPoint | null;
}

export const useHand = create<Hand>()(() => ({ box: null, brush: null }));

const click: PointerTool = {
  cursor: 'crosshair',
  drags: false,
  click: (point, event) => addClick(point, event.altKey ? 'exclude' : 'include'),
  hover: (point, event) => propose(point, event.altKey),
};

const box: PointerTool = {
  cursor: 'crosshair',
  drags: true,
  down: (from) => useHand.setState({ box: { from, to: from } }),
  move: (points) => {
    const now = useHand.getState().box;
    const to = points[points.length - 1];
    if (now && to) useHand.setState({ box: { ...now, to } });
  },
  up: () => {
    const drawn = useHand.getState().box;
    useHand.setState({ box: null });
    if (drawn) takeBox(drawn.from, drawn.to);
  },
  abandon: () => useHand.setState({ box: null }),
};

const paint = (mode: 'add' | 'erase'): PointerTool => ({
  cursor: 'none',
  drags: true,
  down: (point, event) => beginStroke(point, event.altKey ? (mode === 'add' ? 'erase' : 'add') : mode),
  move: (points) => {
    continueStroke(points);
    useHand.setState({ brush: points[points.length - 1] ?? null });
  },
  up: endStroke,
  abandon: abandonStroke,
  hover: (point) => useHand.setState({ brush: point }),
});

const tools = { click, box, brush: paint('add'), eraser: paint('erase') } as const;

export function segmentTool(): PointerTool {
  return tools[useView.getState().tool];
}

function takeBox(a: PhotoPoint, b: PhotoPoint): void {
  const { photoWidth, photoHeight } = useCamera.getState();
  const inX = (v: number) => Math.round(Math.min(photoWidth, Math.max(0, v)));
  const inY = (v: number) => Math.round(Math.min(photoHeight, Math.max(0, v)));
  const x0 = inX(Math.min(a.x, b.x));
  const x1 = inX(Math.max(a.x, b.x));
  const y0 = inY(Math.min(a.y, b.y));
  const y1 = inY(Math.max(a.y, b.y));
  if (x1 - x0 > 3 && y1 - y0 > 3) setBox({ x0, y0, x1, y1 });
}

let asking = false;
let wanted: { readonly point: PhotoPoint; readonly exclude: boolean } | null = null;
let proposedAt: PhotoPoint | null = null;

/** Shows what a click here would select. One question at a time, about the newest place; none while something runs. */
function propose(point: PhotoPoint | null, exclude: boolean): void {
  wanted = point && { point, exclude };
  if (!point) {
    if (useView.getState().preview?.from === 'hover') setView({ preview: null });
    return;
  }
  const near = proposedAt && Math.hypot(point.x - proposedAt.x, point.y - proposedAt.y) < proposalReach();
  if (!asking && !near) void askForProposal();
}

async function askForProposal(): Promise<void> {
  asking = true;
  try {
    while (wanted) {
      const { point, exclude } = wanted;
      wanted = null;
      const { document, progress } = useModel.getState();
      const params = currentParams('segment');
      if (!document || !params || progress || !isInside(useCamera.getState(), point)) return;
      proposedAt = point;
      const at = {
        x: Math.round(point.x),
        y: Math.round(point.y),
        label: exclude ? 'exclude' : 'include',
      } as const;
      const mask = await askQuietly('mask.preview', {
        edit: document.edit,
        clicks: [...params.clicks, at],
        box: params.box,
      });
      const { step, tool, pointer, crosshair } = useView.getState();
      const still = step === 'segment' && tool === 'click' && (pointer ?? crosshair);
      if (mask && still && !useModel.getState().progress) setView({ preview: { from: 'hover', at, mask } });
    }
  } finally {
    asking = false;
  }
}
