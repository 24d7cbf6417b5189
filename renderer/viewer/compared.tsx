import { type Camera, toPane, useCamera } from './camera.ts';
import { Wipe } from './wipe.tsx';

interface ComparedProps {
  readonly before: string;
  readonly after: string | null;
  readonly side: boolean;
  /** Place of the wipe; null where there is none. */
  readonly at: number | null;
  onMove(at: number): void;
}

/** CSS pixels between the photo's corner and its name. */
const INSET = 10;

/** What tells two pictures apart: their names in the photo's lower corners, and the line between them. */
export function Compared({ before, after, side, at, onMove }: ComparedProps) {
  const camera = useCamera();
  const { left, top, right, bottom } = visiblePhoto(camera);
  const shift = side ? camera.paneWidth : 0;
  return (
    <>
      {at !== null && <Wipe at={at} top={top} bottom={bottom} onMove={onMove} />}
      <span className="tag" style={{ left: left + INSET, top: bottom - INSET }}>
        {before}
      </span>
      {after !== null && (
        <span className="tag right" style={{ left: shift + right - INSET, top: bottom - INSET }}>
          {after}
        </span>
      )}
    </>
  );
}

/** The part of the pane that the photo fills, CSS pixels; the read-out's line at the bottom is left free. */
function visiblePhoto(camera: Camera) {
  const a = toPane(camera, 0, 0);
  const b = toPane(camera, camera.photoWidth, camera.photoHeight);
  return {
    left: Math.max(0, a.x),
    top: Math.max(0, a.y),
    right: Math.min(camera.paneWidth, b.x),
    bottom: Math.min(camera.paneHeight - 34, b.y),
  };
}
