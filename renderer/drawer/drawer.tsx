import { FolderDown } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { Intermediate } from '../../preload/contract.ts';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Details } from './details.tsx';
import { Frame } from './frame.tsx';

/** Every saved intermediate in pipeline order: a click shows one, a click with Shift puts a second beside it. */
export function Drawer() {
  const { intermediates, edit, recipe } = useDocument();
  const picked = useView((v) => v.picked);
  const film = useRef<HTMLUListElement>(null);
  const shown = intermediates.filter(
    (i) => recipe.edits.length === 1 || i.edit === edit || i.stage === 'upscale',
  );
  const last = shown.find((i) => i.key === picked[picked.length - 1]) ?? null;
  const onKeyDown = (event: KeyboardEvent) => {
    const way = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const frames = [...(film.current?.querySelectorAll<HTMLElement>('button.frame') ?? [])];
    frames[frames.indexOf(document.activeElement as HTMLElement) + way]?.focus();
  };
  return (
    <section className="drawer" aria-label={t.drawer.title}>
      <header className="drawer-head">
        <h2>{t.drawer.title}</h2>
        <span className="note">{t.drawer.hint}</span>
        <FirstDoubt intermediates={shown} />
        <Button
          look="ghost"
          aria-keyshortcuts={keysOf('export-all')}
          onClick={() => runCommand('export-all')}
        >
          <FolderDown aria-hidden />
          {t.drawer.exportAll}
        </Button>
      </header>
      <div className="drawer-body">
        <ul ref={film} className="film scroll" onKeyDown={onKeyDown}>
          {shown.map((one) => (
            <Frame key={one.key} intermediate={one} place={picked.indexOf(one.key)} two={picked.length > 1} />
          ))}
        </ul>
        {last && <Details intermediate={last} />}
      </div>
    </section>
  );
}

/** The first stage that diagnosis doubts, in words. */
function FirstDoubt({ intermediates }: { readonly intermediates: readonly Intermediate[] }) {
  const first = intermediates.find((i) => i.verdict && i.verdict.level !== 'good');
  if (!first?.verdict) return <span className="drawer-doubt" />;
  return (
    <span className="drawer-doubt">
      <i className="dot" data-state={first.verdict.level} />
      {t.drawer.firstDoubt} <b>{t.stages[first.stage]}</b> {first.verdict.text}
    </span>
  );
}
