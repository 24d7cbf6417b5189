import { useEffect, useState } from 'react';
import { useLayerJson } from '../state/json.ts';
import { findLayer, useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { isPlacement } from '../steps/inpaint/placement.ts';
import { toPane, useCamera } from './camera.ts';

/** Place of the wipe as a share of the pane. On entering the color step it goes to the middle of the new piece. */
export function useWipe(): readonly [number, (at: number) => void] {
  const document = useDocument();
  const step = useView((v) => v.step);
  const [at, setAt] = useState(0.5);
  const placement = useLayerJson(findLayer(document, 'inpaint.place/placement'));
  const box = isPlacement(placement) ? placement.handles.box : null;
  const middle = box && box.x + box.width / 2;
  useEffect(() => {
    if (step !== 'color' || middle === null) return;
    const camera = useCamera.getState();
    const share = toPane(camera, middle, 0).x / camera.paneWidth;
    if (share > 0.05 && share < 0.95) setAt(share);
  }, [step, middle]);
  return [at, setAt];
}
