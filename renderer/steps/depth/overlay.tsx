import { type PointerEvent, type KeyboardEvent, useState } from 'react';
import { useLayerJson } from '../../state/json.ts';
import { commit, useParams } from '../../state/params.ts';
import { findLayer, useDocument } from '../../state/select.ts';
import { useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { type Camera, toPane, useCamera } from '../../viewer/camera.ts';
import { type Floor, gridLines, horizonEnds, isFloor, withHorizon } from './floor-grid.ts';

type Ends = { readonly left: number; readonly right: number };

/** The floor as the program sees it: a grid in half metres, and the horizon, whose ends can be dragged. */
export function DepthOverlay() {
  const document = useDocument();
  const grid = useView((v) => v.grid);
  const camera = useCamera();
  const { floor: set } = useParams('depth');
  const [dragged, setDragged] = useState<Ends | null>(null);
  const found = useLayerJson(findLayer(document, 'depth.floor/floor'));
  if (!grid || !isFloor(found)) return null;
  const ends = dragged ?? (set === 'auto' ? horizonEnds(found) : set);
  const floor = withHorizon(found, ends.left, ends.right);
  const take = () => {
    if (dragged) commit('depth', { floor: dragged }, t.depth.history.floor);
    setDragged(null);
  };
  const nudge = (next: Ends) => commit('depth', { floor: next }, t.depth.history.floor);
  return (
    <svg className="floor" role="group" aria-label={t.depth.floor}>
      <Grid floor={floor} camera={camera} />
      <Horizon ends={ends} camera={camera} onDrag={setDragged} onDrop={take} onNudge={nudge} />
    </svg>
  );
}

function Grid({ floor, camera }: { readonly floor: Floor; readonly camera: Camera }) {
  const path = gridLines(floor)
    .map(({ from, to }) => {
      const a = toPane(camera, from.x, from.y);
      const b = toPane(camera, to.x, to.y);
      return `M${a.x.toFixed(1)} ${a.y.toFixed(1)}L${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
    })
    .join('');
  const o = toPane(camera, 0, 0);
  return (
    <>
      <clipPath id="floor-clip">
        <rect
          x={o.x}
          y={o.y}
          width={camera.photoWidth * camera.scale}
          height={camera.photoHeight * camera.scale}
        />
      </clipPath>
      <g clipPath="url(#floor-clip)">
        <path d={path} className="grid-dark" />
        <path d={path} className="grid-line" />
      </g>
    </>
  );
}

interface HorizonProps {
  readonly ends: Ends;
  readonly camera: Camera;
  onDrag(ends: Ends): void;
  onDrop(): void;
  onNudge(ends: Ends): void;
}

function Horizon({ ends, camera, onDrag, onDrop, onNudge }: HorizonProps) {
  const a = toPane(camera, 0, ends.left);
  const b = toPane(camera, camera.photoWidth, ends.right);
  const drag = (left: number, right: number) => (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || event.movementY === 0) return;
    const dy = event.movementY / camera.scale;
    onDrag({ left: ends.left + dy * left, right: ends.right + dy * right });
  };
  const keys = (left: number, right: number) => (event: KeyboardEvent) => {
    const way = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const dy = (way * (event.shiftKey ? 10 : 1)) / Math.min(1, camera.scale);
    onNudge({ left: ends.left + dy * left, right: ends.right + dy * right });
  };
  const grip = (left: number, right: number, label: string, value: number) => ({
    role: 'slider',
    tabIndex: 0,
    'aria-label': label,
    'aria-orientation': 'vertical' as const,
    'aria-valuemin': 0,
    'aria-valuemax': camera.photoHeight,
    'aria-valuenow': Math.round(value),
    onPointerDown: (event: PointerEvent) => event.currentTarget.setPointerCapture(event.pointerId),
    onPointerMove: drag(left, right),
    onPointerUp: onDrop,
    onKeyDown: keys(left, right),
  });
  const middle = (ends.left + ends.right) / 2;
  return (
    <>
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} className="horizon-dark" />
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} className="horizon" />
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} className="grab" {...grip(1, 1, t.depth.horizon, middle)} />
      <circle cx={a.x} cy={a.y} r={7} className="grip" {...grip(1, 0, t.depth.horizonLeft, ends.left)} />
      <circle cx={b.x} cy={b.y} r={7} className="grip" {...grip(0, 1, t.depth.horizonRight, ends.right)} />
      <text x={(a.x + b.x) / 2} y={(a.y + b.y) / 2 - 8} className="floor-text">
        {t.depth.horizon}
      </text>
    </>
  );
}
