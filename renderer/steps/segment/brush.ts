import { create } from 'zustand';
import type { SegmentParams } from '../../../main/pipeline/stages/segment/params.ts';
import { commit, currentParams } from '../../state/params.ts';
import { setView, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import type { PhotoPoint } from '../../viewer/camera.ts';

export type Stroke = SegmentParams['strokes'][number];

interface Painting {
  /** The stroke under the pointer. */
  readonly stroke: Stroke | null;
  /** Strokes that were painted and are not yet part of the mask that is shown. */
  readonly waiting: readonly Stroke[];
}

export const usePainting = create<Painting>()(() => ({ stroke: null, waiting: [] }));

export function beginStroke(point: PhotoPoint, mode: Stroke['mode']): void {
  const { brushSize, hardness } = useView.getState();
  setView({ preview: null });
  usePainting.setState({
    stroke: { mode, size: brushSize, hardness, points: [round(point.x), round(point.y)] },
  });
}

/** Adds the points that lie far enough from the last: a tenth of the brush, at least a pixel. */
export function continueStroke(points: readonly PhotoPoint[]): void {
  const { stroke } = usePainting.getState();
  if (!stroke) return;
  const far = Math.max(1, stroke.size / 10);
  const all = [...stroke.points];
  for (const { x, y } of points) {
    const [lastX = x, lastY = y] = all.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) >= far) all.push(round(x), round(y));
  }
  if (all.length > stroke.points.length) usePainting.setState({ stroke: { ...stroke, points: all } });
}

export function endStroke(): void {
  const { stroke, waiting } = usePainting.getState();
  const params = currentParams('segment');
  if (!stroke || !params) return;
  usePainting.setState({ stroke: null, waiting: [...waiting, stroke] });
  const label = stroke.mode === 'add' ? t.segment.history.brush : t.segment.history.eraser;
  commit('segment', { strokes: [...params.strokes, stroke] }, label);
}

/** Drops the stroke under the pointer; false where there is none. */
export function abandonStroke(): boolean {
  if (!usePainting.getState().stroke) return false;
  usePainting.setState({ stroke: null });
  return true;
}

/** The mask on screen has taken the strokes in. */
export function settleStrokes(): void {
  if (usePainting.getState().waiting.length > 0) usePainting.setState({ waiting: [] });
}

const round = (value: number) => Math.round(value * 10) / 10;
