import { Files, FolderOpen, ImageUp } from 'lucide-react';
import { keysOf } from '../commands/keys.ts';
import { chooseFile, openSample } from '../state/document.ts';
import { pictureUrl } from '../state/bridge.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Recent } from './recent.tsx';

const words = t.start;

/** Where everything begins: a photo, a folder, a project, something done before, or a sample. */
export function StartScreen() {
  const app = useModel((m) => m.app);
  return (
    <main className="start scroll">
      <div className="start-inner">
        <header className="start-head">
          <h1>{t.name}</h1>
          <p>{words.tagline}</p>
        </header>
        <section className="drop-area" aria-label={words.open}>
          <ImageUp aria-hidden />
          <h2>{words.drop}</h2>
          <p>{words.formats}</p>
          <div className="start-buttons">
            <Button
              look="primary"
              aria-keyshortcuts={keysOf('open-photo')}
              onClick={() => void chooseFile('photo')}
            >
              {words.photo}
            </Button>
            <Button aria-keyshortcuts={keysOf('open-folder')} onClick={() => void chooseFile('folder')}>
              <FolderOpen aria-hidden />
              {words.folder}
            </Button>
            <Button aria-keyshortcuts={keysOf('open-project')} onClick={() => void chooseFile('project')}>
              <Files aria-hidden />
              {words.project}
            </Button>
          </div>
        </section>
        {app && app.recent.length > 0 && <Recent recent={app.recent} />}
        {app && app.samples.length > 0 && (
          <section aria-labelledby="samples">
            <h2 id="samples">{words.samples}</h2>
            <ul className="tiles">
              {app.samples.map((sample) => (
                <li key={sample.id}>
                  <button type="button" className="tile" onClick={() => void openSample(sample.id)}>
                    <span className="tile-picture">
                      <img alt="" src={pictureUrl(sample.thumbnail)} />
                    </span>
                    <b>{sample.title}</b>
                    <small>{words.sample}</small>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        <footer className="start-foot">
          {app && words.version(app.version)}
          <span>
            <span className="key">?</span> {words.keys}
          </span>
        </footer>
      </div>
    </main>
  );
}
