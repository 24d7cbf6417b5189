import { RotateCw } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { useLayerJson } from '../../state/json.ts';
import { commit, useParams } from '../../state/params.ts';
import { findLayer, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { type Camera, type PhotoPoint, toPane, useCamera } from '../../viewer/camera.ts';
import {
  type Handles,
  isPlacement,
  nearness,
  noShift,
  paramsOfShift,
  type Placement,
  type Shift,
  shiftPoint,
  turnFootprint,
} from './placement.ts';

/** The placed piece's handles: move, size, turn. */
export function InpaintOverlay() {
  const document = useDocument();
  const { engine } = useParams('inpaint');
  const found = useLayerJson(engine === 'place' ? findLayer(document, 'inpaint.place/placement') : null);
  return isPlacement(found) ? <PieceHandles key={JSON.stringify(found.handles)} placement={found} /> : null;
}

type Grip = 'move' | 'size' | 'turn';

function PieceHandles({ placement }: { readonly placement: Placement }) {
  const { handles } = placement;
  const camera = useCamera();
  const [shift, setShift] = useState<Shift>(noShift);
  const paneOf = (p: PhotoPoint) => toPane(camera, p.x, p.y);
  const on = (p: PhotoPoint) => paneOf(shiftPoint(handles, shift, p));
  const quad = handles.quad.map(on);
  const foot = handles.footprint.filter((p) => p !== null);
  const footprint = turnFootprint(foot, shift.turn).map(on);
  const base = on(handles.base);
  const commitShift = (next: Shift) =>
    commit('inpaint', paramsOfShift(handles, next), t.inpaint.history.placed);
  const grip = makeGrip(handles, camera, shift, setShift, commitShift);
  const knob = { x: base.x, y: base.y + 34 };
  const width = Math.round(placement.sizeCm.width * shift.size);
  return (
    <>
      <svg className="piece" role="group" aria-label={t.inpaint.handles}>
        <polygon points={list(quad)} className="piece-dark" />
        <polygon points={list(quad)} className="piece-outline" />
        {footprint.length > 2 && <polygon points={list(footprint)} className="piece-foot" />}
        <polygon points={list(quad)} className="piece-grab" aria-label={t.inpaint.move} {...grip('move')} />
        {quad.map((corner, index) => (
          // oxlint-disable-next-line no-array-index-key -- the four corners
          <Corner key={index} at={corner} label={t.inpaint.corners[index] ?? ''} grip={grip('size')} />
        ))}
        <line x1={base.x} y1={base.y} x2={knob.x} y2={knob.y} className="piece-stem" />
        <circle
          cx={knob.x}
          cy={knob.y}
          r={11}
          className="piece-knob"
          aria-label={t.inpaint.turn}
          {...grip('turn')}
        />
      </svg>
      <RotateCw className="piece-icon" aria-hidden style={{ translate: `${knob.x}px ${knob.y}px` }} />
      <output className="piece-label" style={{ translate: `${base.x}px ${knob.y + 18}px` }}>
        {shift.turn === 0 ? t.inpaint.cm(width) : t.inpaint.degrees(Math.round(handles.turned + shift.turn))}
      </output>
    </>
  );
}

const list = (points: readonly PhotoPoint[]) => points.map((p) => `${p.x},${p.y}`).join(' ');

interface CornerProps {
  readonly at: PhotoPoint;
  readonly label: string;
  readonly grip: object;
}

function Corner({ at, label, grip }: CornerProps) {
  return (
    <rect
      x={at.x - 5.5}
      y={at.y - 5.5}
      width={11}
      height={11}
      rx={2}
      className="grip"
      aria-label={label}
      {...grip}
    />
  );
}

/** What an arrow key does to a handle; null for other keys. */
function press(kind: Grip, event: KeyboardEvent): Shift | null {
  const far = event.shiftKey ? 10 : 1;
  const x = event.key === 'ArrowRight' ? far : event.key === 'ArrowLeft' ? -far : 0;
  const y = event.key === 'ArrowDown' ? far : event.key === 'ArrowUp' ? -far : 0;
  if (x === 0 && y === 0) return null;
  if (kind === 'move') return { ...noShift, dx: x, dy: y };
  if (kind === 'turn') return { ...noShift, turn: x - y };
  return { ...noShift, size: 1 + (x - y) * 0.01 };
}

/** Pointer and keys of one kind of handle. */
function makeGrip(
  handles: Handles,
  camera: Camera,
  shift: Shift,
  setShift: (shift: Shift) => void,
  commitShift: (shift: Shift) => void,
) {
  const baseNow = () => {
    const p = shiftPoint(handles, shift, handles.base);
    return toPane(camera, p.x, p.y);
  };
  const drag = (kind: Grip, event: PointerEvent): Shift => {
    if (kind === 'move') {
      const dy = shift.dy + event.movementY / camera.scale;
      const held = nearness(handles, dy) > 0.1 ? dy : shift.dy;
      return { ...shift, dx: shift.dx + event.movementX / camera.scale, dy: held };
    }
    if (kind === 'turn') return { ...shift, turn: shift.turn + event.movementX * 0.4 };
    const box = (event.currentTarget as SVGElement).ownerSVGElement?.getBoundingClientRect();
    const base = baseNow();
    const x = event.clientX - (box?.left ?? 0) - base.x;
    const y = event.clientY - (box?.top ?? 0) - base.y;
    const before = Math.hypot(x - event.movementX, y - event.movementY);
    return {
      ...shift,
      size: Math.min(5, Math.max(0.2, shift.size * (Math.hypot(x, y) / Math.max(8, before)))),
    };
  };
  return (kind: Grip) => ({
    role: 'slider',
    tabIndex: 0,
    'aria-valuenow': kind === 'turn' ? Math.round(handles.turned) : Math.round(handles.scaled * 100),
    'data-grip': kind,
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) setShift(drag(kind, event));
    },
    onPointerUp: () => {
      if (shift !== noShift) commitShift(shift);
    },
    onPointerCancel: () => setShift(noShift),
    onKeyDown: (event: KeyboardEvent) => {
      const next = press(kind, event);
      if (!next) return;
      event.preventDefault();
      commitShift(next);
    },
  });
}
