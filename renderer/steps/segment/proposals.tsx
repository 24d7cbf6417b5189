import { useEffect } from 'react';
import type { MaskPreview, RequestOf } from '../../../preload/contract.ts';
import { askQuietly, pictureUrl } from '../../state/bridge.ts';
import { commit, useParams } from '../../state/params.ts';
import { useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { formatShare } from '../../ui/format.ts';
import { MASK_TINT } from '../../viewer/shown.ts';
import { useFound } from './found.ts';

/** A change of clicks is followed by a run: this waits until it has begun, ms, so that the mask over the photo comes first. */
const REST_MS = 300;

/** Hovering asks the same net, and only the newest question is answered: this one waits for its turn. */
async function askPatiently(
  request: RequestOf<'mask.preview'>,
  isWanted: () => boolean,
): Promise<MaskPreview | null> {
  for (let turn = 0; turn < 20 && isWanted(); turn++) {
    const answer = await askQuietly('mask.preview', request);
    if (answer) return isWanted() ? answer : null;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  return null;
}

/** The masks that the clicks could mean, each with the quality the net predicts. */
export function Proposals() {
  const document = useDocument();
  const { clicks, box, mask, proposal } = useParams('segment');
  const found = useFound((f) => f.found);
  const asked = JSON.stringify({ clicks, box });
  const idle = document.running === null;
  useEffect(() => {
    if (!idle) return;
    let live = true;
    const { clicks: points, box: corners } = JSON.parse(asked) as Pick<
      ReturnType<typeof useParams<'segment'>>,
      'clicks' | 'box'
    >;
    if (points.length === 0 && !corners) return useFound.setState({ found: null });
    const request = { edit: document.edit, clicks: points, box: corners, withOthers: true };
    const find = async () => {
      const found = await askPatiently(request, () => live);
      if (found) useFound.setState({ found });
    };
    const timer = setTimeout(find, REST_MS);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [asked, document.edit, idle]);
  if (mask !== null) return <p className="note">{t.segment.imported}</p>;
  if (!found || found.proposals.length < 2) return null;
  const isChosen = (index: number, place: number) =>
    proposal === 'auto' ? place === found.chosen : index === proposal;
  const { width, height } = document.photo;
  return (
    <div className="proposals" role="radiogroup" aria-label={t.segment.proposals}>
      {found.proposals.map((one, place) => (
        <button
          type="button"
          key={one.url}
          role="radio"
          aria-checked={isChosen(one.index, place)}
          className="choice"
          onClick={() => {
            if (!isChosen(one.index, place))
              commit('segment', { proposal: one.index }, t.segment.history.proposal);
          }}
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
