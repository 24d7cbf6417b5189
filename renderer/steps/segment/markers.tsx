import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { useParams } from '../../state/params.ts';
import { useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { type PhotoPoint, toPane, useCamera } from '../../viewer/camera.ts';
import { moveClick, removeClick } from './actions.ts';

/** The clicks, where they were made: drag moves one, Delete or a right click takes it away. */
export function Markers() {
  const { clicks } = useParams('segment');
  const overlay = useView((v) => v.overlay);
  if (!overlay) return null;
  return (
    <>
      {clicks.map((click, index) => (
        // oxlint-disable-next-line no-array-index-key -- clicks have no other identity than their place
        <Marker key={index} index={index} at={click} label={click.label} />
      ))}
    </>
  );
}

interface MarkerProps {
  readonly index: number;
  readonly at: PhotoPoint;
  readonly label: 'include' | 'exclude';
}

function Marker({ index, at, label }: MarkerProps) {
  const camera = useCamera();
  // Brush, eraser and box work through the markers.
  const isHeld = useView((v) => v.tool !== 'click');
  const [moved, setMoved] = useState<PhotoPoint | null>(null);
  const here = moved ?? at;
  const { x, y } = toPane(camera, here.x, here.y);
  const onPointerMove = (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    if (event.movementX === 0 && event.movementY === 0) return;
    setMoved({ x: here.x + event.movementX / camera.scale, y: here.y + event.movementY / camera.scale });
  };
  const onPointerUp = () => {
    if (moved) moveClick(index, moved);
    setMoved(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      removeClick(index);
      return;
    }
    const step = (event.shiftKey ? 10 : 1) / Math.min(1, camera.scale);
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[
      event.key
    ];
    if (!way) return;
    event.preventDefault();
    moveClick(index, { x: at.x + (way[0] ?? 0), y: at.y + (way[1] ?? 0) });
  };
  return (
    <button
      type="button"
      className="marker"
      data-label={label}
      data-passive={isHeld}
      aria-label={t.segment.marker(index + 1, t.segment.labels[label], Math.round(at.x), Math.round(at.y))}
      title={t.segment.markerHint}
      style={{ transform: `translate(${x}px, ${y}px)` }}
      onPointerDown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onContextMenu={(event) => {
        event.preventDefault();
        removeClick(index);
      }}
      onKeyDown={onKeyDown}
    />
  );
}
