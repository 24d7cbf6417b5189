import { ImageOff, X } from 'lucide-react';
import type { RecentProject } from '../../preload/contract.ts';
import { ask, pictureUrl } from '../state/bridge.ts';
import { openRecent } from '../state/document.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { formatAgo } from '../ui/format.ts';

async function forget(id: string): Promise<void> {
  const answer = await ask('app.forget', { recent: id });
  if (answer) useModel.setState({ app: answer.value });
}

/** Two rows of them at most: the rest is in the file dialog. */
const SHOWN = 10;

/** Projects that were open before, the newest first. */
export function Recent({ recent }: { readonly recent: readonly RecentProject[] }) {
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">{t.start.recent}</h2>
      <ul className="tiles">
        {recent.slice(0, SHOWN).map((one) => (
          <li key={one.id}>
            <button
              type="button"
              className="tile"
              disabled={one.missing}
              title={one.folder}
              onClick={() => void openRecent(one.id)}
            >
              <span className="tile-picture">
                {one.thumbnail && !one.missing ? (
                  <img alt="" src={pictureUrl(one.thumbnail)} loading="lazy" />
                ) : (
                  <ImageOff aria-hidden />
                )}
              </span>
              <b>{one.name}</b>
              <small>{one.missing ? t.start.missing : formatAgo(one.at)}</small>
            </button>
            <button
              type="button"
              className="tile-remove"
              aria-label={t.start.forget(one.name)}
              onClick={() => void forget(one.id)}
            >
              <X aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
