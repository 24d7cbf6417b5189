import { Dices, Lock, LockOpen } from 'lucide-react';
import type { Variation } from '../../../preload/contract.ts';
import { keysOf } from '../../commands/keys.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { thumbnailUrl } from '../../state/bridge.ts';
import { useParams } from '../../state/params.ts';
import { useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { ValueField } from '../../ui/value-field.tsx';
import { chooseSeed, makeVariations, rerollOthers, setLocked } from './actions.ts';

const words = t.inpaint;

/** The same under other seeds: pick one, lock those worth keeping, roll the others again. */
export function Variations() {
  const { variations, photo } = useDocument();
  const { seed, engine } = useParams('inpaint');
  const many = variations.length > 1;
  return (
    <Lockable params={['inpaint.seed']}>
      <section className="variations" aria-label={words.variations}>
        <div className="label-row">
          <span>{words.variations}</span>
          <label>
            {words.seed}
            <ValueField
              label={words.seed}
              value={seed}
              text={String(seed)}
              min={0}
              max={4294967295}
              step={1}
              onChange={(next) => chooseSeed(Math.round(next))}
            />
          </label>
        </div>
        {many && (
          <div className="variation-grid" role="radiogroup" aria-label={words.variations}>
            {variations.map((one) => (
              <Tile key={one.seed} variation={one} ratio={`${photo.width} / ${photo.height}`} />
            ))}
          </div>
        )}
        {engine === 'place' && <p className="note">{words.placedVariations}</p>}
        <div className="pair">
          <Button onClick={() => void makeVariations(Math.min(16, many ? variations.length + 2 : 4))}>
            {many ? words.moreVariations : words.makeFour}
          </Button>
          <Button disabled={!many} aria-keyshortcuts={keysOf('reroll')} onClick={() => void rerollOthers()}>
            <Dices aria-hidden />
            {words.reroll}
          </Button>
        </div>
      </section>
    </Lockable>
  );
}

function Tile({ variation, ratio }: { readonly variation: Variation; readonly ratio: string }) {
  const { seed, layer, chosen, locked, status } = variation;
  return (
    <div className="variation" data-locked={locked}>
      <button
        type="button"
        role="radio"
        aria-checked={chosen}
        aria-label={words.variation(seed, locked)}
        className="choice"
        onClick={() => chooseSeed(seed)}
      >
        <span className="choice-picture" style={{ aspectRatio: ratio }}>
          {layer && <img alt="" src={thumbnailUrl(layer)} />}
          {!layer && <i className="dot" data-state={status === 'failed' ? 'failed' : 'running'} />}
        </span>
      </button>
      <button
        type="button"
        className="lock"
        aria-pressed={locked}
        aria-label={locked ? words.unlock : words.lock}
        onClick={() => void setLocked(seed, !locked)}
      >
        {locked ? <Lock aria-hidden /> : <LockOpen aria-hidden />}
      </button>
    </div>
  );
}
