import { useEffect, useState } from 'react';
import type { MaskPreview } from '../../../preload/contract.ts';
import { askQuietly, pictureUrl } from '../../state/bridge.ts';
import { commit, useParams } from '../../state/params.ts';
import { useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { formatShare } from '../../ui/format.ts';
import { MASK_TINT } from '../../viewer/shown.ts';

/** The masks that the clicks could mean, each with the quality the net predicts. */
export function Proposals() {
  const document = useDocument();
  const { clicks, box, mask, proposal } = useParams('segment');
  const [found, setFound] = useState<MaskPreview | null>(null);
  const asked = JSON.stringify({ clicks, box });
  const idle = document.running === null;
  useEffect(() => {
    if (!idle) return;
    let live = true;
    const { clicks: points, box: corners } = JSON.parse(asked) as Pick<
      ReturnType<typeof useParams<'segment'>>,
      'clicks' | 'box'
    >;
    if (points.length === 0 && !corners) return setFound(null);
    void askQuietly('mask.preview', { edit: document.edit, clicks: points, box: corners }).then(
      (answer) => live && setFound(answer),
    );
    return () => {
      live = false;
    };
  }, [asked, document.edit, idle]);
  if (mask !== null) return <p className="note">{t.segment.imported}</p>;
  if (!found || found.proposals.length < 2) return null;
  const chosen = proposal === 'auto' ? found.chosen : proposal;
  const { width, height } = document.photo;
  return (
    <div className="proposals" role="radiogroup" aria-label={t.segment.proposals}>
      {found.proposals.map((one, index) => (
        <button
          type="button"
          key={one.url}
          role="radio"
          aria-checked={index === chosen}
          className="choice"
          onClick={() =>
            commit(
              'segment',
              { proposal: index === found.chosen ? 'auto' : index },
              t.segment.history.proposal,
            )
          }
        >
          <span className="choice-picture" style={{ aspectRatio: `${width} / ${height}` }}>
            <img alt="" src={pictureUrl(one.url, MASK_TINT)} />
          </span>
          <span className="choice-text">
            <span>{t.segment.kinds[one.kind]}</span>
            <b>{formatShare(one.quality)}</b>
          </span>
        </button>
      ))}
    </div>
  );
}
