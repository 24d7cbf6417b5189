import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { t } from '../strings.ts';

interface WipeProps {
  /** Share of the pane's width that shows what was before. */
  readonly at: number;
  /** Where the photo begins and ends in the pane, CSS pixels: the line keeps to it. */
  readonly top: number;
  readonly bottom: number;
  onMove(at: number): void;
}

/** The line between before and after. It stays where it is on the screen while the photo moves under it. */
export function Wipe({ at, top, bottom, onMove }: WipeProps) {
  const line = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent) => {
    if (!line.current?.hasPointerCapture(event.pointerId)) return;
    const box = line.current.parentElement?.getBoundingClientRect();
    if (box) onMove(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -0.01, ArrowRight: 0.01, PageDown: -0.1, PageUp: 0.1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(Math.min(1, Math.max(0, at + way * (event.shiftKey ? 5 : 1))));
  };
  return (
    <div
      ref={line}
      className="wipe"
      style={{ left: `${at * 100}%`, top, height: bottom - top }}
      role="slider"
      tabIndex={0}
      aria-label={t.viewer.wipe}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    >
      <i />
    </div>
  );
}
