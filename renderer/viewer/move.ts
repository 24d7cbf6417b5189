import { actualScale, fitCamera, useCamera, zoomCamera } from './camera.ts';

/** A zoom under way: where to, and about which point of the pane. */
let goal: { readonly scale: number; readonly x: number; readonly y: number } | null = null;
let frame = 0;
/** Share of the way (of the logarithm of the zoom) that each frame takes. */
const EASE = 0.38;

export function setPane(paneWidth: number, paneHeight: number): void {
  const c = useCamera.getState();
  if (c.paneWidth === paneWidth && c.paneHeight === paneHeight) return;
  const next = { ...c, paneWidth, paneHeight };
  useCamera.setState(c.fitted ? fitCamera(next) : next);
}

/** A new photo begins fitted. The same size keeps the view, so that layers can be flipped through. */
export function setPhoto(photoWidth: number, photoHeight: number): void {
  const c = useCamera.getState();
  if (c.photoWidth === photoWidth && c.photoHeight === photoHeight) return;
  useCamera.setState(fitCamera({ ...c, photoWidth, photoHeight }));
}

export function fit(): void {
  stop();
  useCamera.setState(fitCamera(useCamera.getState()));
}

export function panBy(dx: number, dy: number): void {
  stop();
  const c = useCamera.getState();
  const cx = Math.min(c.photoWidth, Math.max(0, c.cx - dx / c.scale));
  const cy = Math.min(c.photoHeight, Math.max(0, c.cy - dy / c.scale));
  useCamera.setState({ cx, cy, fitted: false });
}

/** Zooms by a factor about a point of the pane (its middle where none is given), smoothly where motion is welcome. */
export function zoomBy(factor: number, x?: number, y?: number): void {
  const c = useCamera.getState();
  const from = goal?.scale ?? c.scale;
  zoomTo(from * factor, x, y);
}

export function zoomTo(scale: number, x?: number, y?: number): void {
  const c = useCamera.getState();
  goal = { scale, x: x ?? c.paneWidth / 2, y: y ?? c.paneHeight / 2 };
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
    useCamera.setState(zoomCamera(c, goal.scale, goal.x, goal.y));
    stop();
  } else if (frame === 0) {
    frame = requestAnimationFrame(step);
  }
}

/** Actual pixels; from there, back to the whole photo. */
export function toggleActual(x?: number, y?: number): void {
  const c = useCamera.getState();
  if (Math.abs(c.scale / actualScale() - 1) < 0.01) fit();
  else zoomTo(actualScale(), x, y);
}

function step(): void {
  frame = 0;
  if (!goal) return;
  const c = useCamera.getState();
  const rest = goal.scale / c.scale;
  const near = Math.abs(Math.log(rest)) < 0.01;
  const next = zoomCamera(c, near ? goal.scale : c.scale * rest ** EASE, goal.x, goal.y);
  useCamera.setState(next);
  if (near || next.scale === c.scale) goal = null;
  else frame = requestAnimationFrame(step);
}

function stop(): void {
  goal = null;
  cancelAnimationFrame(frame);
  frame = 0;
}
