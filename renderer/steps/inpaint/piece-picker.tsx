import { Sparkles } from 'lucide-react';
import { pictureUrl } from '../../state/bridge.ts';
import { useModel } from '../../state/model.ts';
import { commit, useParams } from '../../state/params.ts';
import { t } from '../../strings.ts';

const words = t.inpaint;

/** The chosen piece is seen without scrolling the row. */
function bringIntoView(button: HTMLButtonElement | null): void {
  button?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** The catalogue's pieces; `auto` lets the prompt's words choose. */
export function PiecePicker() {
  const pieces = useModel((m) => m.app)?.pieces ?? [];
  const { piece } = useParams('inpaint');
  const choose = (id: string) => commit('inpaint', { piece: id }, words.history.piece);
  return (
    <div className="pieces scroll" role="radiogroup" aria-label={words.pieces}>
      <button
        type="button"
        role="radio"
        aria-checked={piece === 'auto'}
        className="choice"
        onClick={() => choose('auto')}
      >
        <span className="choice-picture piece-auto">
          <Sparkles aria-hidden />
        </span>
        <span className="choice-text">{words.byWords}</span>
      </button>
      {pieces.map((one) => (
        <button
          ref={piece === one.id ? bringIntoView : undefined}
          type="button"
          key={one.id}
          role="radio"
          aria-checked={piece === one.id}
          className="choice"
          title={words.pieceSize(one.title, one.widthCm, one.depthCm, one.heightCm)}
          onClick={() => choose(one.id)}
        >
          <span className="choice-picture">
            {one.thumbnail && <img alt="" src={pictureUrl(one.thumbnail)} loading="lazy" />}
          </span>
          <span className="choice-text">
            <span>{one.title}</span>
            <small>{words.cm(one.widthCm)}</small>
          </span>
        </button>
      ))}
    </div>
  );
}
