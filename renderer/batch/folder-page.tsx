import { ArrowLeft, ImageOff, TriangleAlert } from 'lucide-react';
import type { FoundPhoto } from '../../preload/contract.ts';
import { leaveFolder } from './actions.ts';
import { BeginBar } from './begin-bar.tsx';
import { pictureUrl } from '../state/bridge.ts';
import { openFound } from '../state/document.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { formatBytes, formatSize } from '../ui/format.ts';
import { Progress } from '../ui/progress.tsx';

const words = t.folder;

/** A dropped folder: its photos, those that cannot be used marked with the reason. */
export function FolderPage() {
  const folder = useModel((m) => m.folder);
  if (!folder) return null;
  const good = folder.photos.filter((photo) => photo.problem === null).length;
  const bad = folder.photos.length - good;
  return (
    <main className="folder">
      <header className="folder-head">
        <Button look="ghost" onClick={() => void leaveFolder()}>
          <ArrowLeft aria-hidden />
          {words.back}
        </Button>
        <h1>{folder.name}</h1>
        <p className="folder-count" role="status">
          {folder.reading ? (
            words.reading(folder.photos.length)
          ) : (
            <>
              <i className="dot" data-state={good > 0 ? 'good' : 'bad'} />
              {words.ready(good)}
              {bad > 0 && <span className="folder-bad">{words.problems(bad)}</span>}
            </>
          )}
        </p>
      </header>
      <BeginBar disabled={folder.reading || good === 0} />
      {folder.reading && <Progress label={words.reading(folder.photos.length)} value={null} />}
      {folder.photos.length === 0 && !folder.reading && <p className="note folder-empty">{words.empty}</p>}
      <ul className="folder-list scroll">
        {folder.photos.map((photo) => (
          <Row key={photo.id} photo={photo} />
        ))}
      </ul>
    </main>
  );
}

function Row({ photo }: { readonly photo: FoundPhoto }) {
  const { id, path, bytes, width, height, thumbnail, problem } = photo;
  const slash = path.lastIndexOf('/') + 1;
  return (
    <li className="found" data-problem={problem !== null}>
      <span className="found-picture">
        {thumbnail ? <img alt="" src={pictureUrl(thumbnail)} loading="lazy" /> : <ImageOff aria-hidden />}
      </span>
      <span className="found-name">
        <span className="found-path">{path.slice(0, slash)}</span>
        {path.slice(slash)}
      </span>
      {problem === null ? (
        <span className="found-size">{width && height ? formatSize(width, height) : ''}</span>
      ) : (
        <span className="found-problem">
          <TriangleAlert aria-hidden />
          {problem}
        </span>
      )}
      <span className="found-bytes">{formatBytes(bytes)}</span>
      <Button disabled={problem !== null} onClick={() => void openFound(id)}>
        {words.open}
      </Button>
    </li>
  );
}
