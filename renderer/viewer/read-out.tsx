import { useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { formatSize, formatZoom } from '../ui/format.ts';
import { useCamera } from './camera.ts';

/** Below the photo: what the keys do, and what is under the pointer. */
export function ReadOut() {
  const { photo } = useDocument();
  const scale = useCamera((c) => c.scale);
  const pointer = useView((v) => v.pointer ?? v.crosshair);
  const samples = useView((v) => v.samples);
  return (
    <div className="read-out">
      <span className="read-hints" aria-hidden>
        {t.viewer.hints.map(([key, does]) => (
          <span key={key}>
            <b>{key}</b> {does}
          </span>
        ))}
      </span>
      <span className="read-values">
        {pointer && (
          <span className="read-pointer">
            {Math.floor(pointer.x)}, {Math.floor(pointer.y)}{' '}
            {samples && <b>{samples.map((s) => (Number.isInteger(s) ? s : s.toFixed(3))).join(' ')}</b>}
          </span>
        )}
        <span>{formatZoom(scale * window.devicePixelRatio)}</span>
        <span>{formatSize(photo.width, photo.height)}</span>
        <span>{photo.profile ?? t.viewer.noProfile}</span>
        <span>{t.viewer.bits(photo.depth)}</span>
      </span>
    </div>
  );
}
