import { useNotices } from '../state/notices.ts';

/** Says to screen readers what changed without moving the focus. */
export function LiveRegion() {
  const said = useNotices((n) => n.said);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}
