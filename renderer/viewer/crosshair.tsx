import { useView } from '../state/view.ts';
import { toPane, useCamera } from './camera.ts';

/** Where the keyboard points. */
export function Crosshair() {
  const point = useView((v) => v.crosshair);
  const camera = useCamera();
  if (!point) return null;
  const { x, y } = toPane(camera, point.x, point.y);
  return (
    <div className="crosshair" style={{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` }} />
  );
}
