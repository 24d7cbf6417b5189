import { create } from 'zustand';
import { useView } from '../../state/view.ts';
import { type PhotoPoint, useCamera } from '../../viewer/camera.ts';
import type { PointerTool } from '../../viewer/tool.ts';
import { addClick, setBox, toClick } from './actions.ts';
import { abandonStroke, beginStroke, continueStroke, endStroke } from './brush.ts';
import { propose } from './coarse.ts';

interface Hand {
  /** Corner at which a box was begun, and where the pointer is. */
  readonly box: { readonly from: PhotoPoint; readonly to: PhotoPoint } | null;
  /** Photo point of the brush's ring. */
  readonly brush: PhotoPoint | null;
}

export const useHand = create<Hand>()(() => ({ box: null, brush: null }));

/** With Alt a click takes away. */
const labelOf = ({ altKey }: { readonly altKey: boolean }) => (altKey ? 'exclude' : 'include');

const click: PointerTool = {
  cursor: 'crosshair',
  drags: false,
  click: (point, event) => addClick(toClick(point, labelOf(event))),
  hover: (point, event) => propose(point && toClick(point, labelOf(event))),
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
