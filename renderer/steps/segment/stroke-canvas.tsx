import { useEffect, useRef } from 'react';
import { type Camera, toPane, useCamera } from '../../viewer/camera.ts';
import { MASK_TINT } from '../../viewer/shown.ts';
import { type Stroke, usePainting } from './brush.ts';

/** Strokes as they are painted, before the mask holds them. Drawn straight to a canvas: no frame waits for React. */
export function StrokeCanvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = () => {
      if (canvas.current) drawStrokes(canvas.current, useCamera.getState());
    };
    draw();
    const off = [useCamera.subscribe(draw), usePainting.subscribe(draw)];
    return () => off.forEach((end) => end());
  }, []);
  return <canvas ref={canvas} className="strokes" aria-hidden />;
}

function drawStrokes(canvas: HTMLCanvasElement, camera: Camera): void {
  const { stroke, waiting } = usePainting.getState();
  const ratio = window.devicePixelRatio;
  const width = Math.round(camera.paneWidth * ratio);
  const height = Math.round(camera.paneHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const one of stroke ? [...waiting, stroke] : waiting) drawStroke(context, one, camera);
}

/** Added area in the mask's tint; erased area dark, since what lies under it will go. */
function drawStroke(context: CanvasRenderingContext2D, stroke: Stroke, camera: Camera): void {
  context.globalAlpha = stroke.mode === 'add' ? 0.5 : 0.45;
  context.strokeStyle = stroke.mode === 'add' ? `#${MASK_TINT}` : '#101010';
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.lineWidth = Math.max(1, stroke.size * camera.scale);
  context.beginPath();
  for (let i = 0; i + 1 < stroke.points.length; i += 2) {
    const p = toPane(camera, stroke.points[i] ?? 0, stroke.points[i + 1] ?? 0);
    if (i === 0) context.moveTo(p.x, p.y);
    context.lineTo(p.x, p.y);
  }
  context.stroke();
}
