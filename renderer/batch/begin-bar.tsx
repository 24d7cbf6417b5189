import { useState } from 'react';
import { t } from '../strings.ts';
import { setView } from '../state/view.ts';
import { Button } from '../ui/button.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { beginBatch } from './actions.ts';
import { RunPlaceRow } from './run-place.tsx';

const words = t.batch;
const factors = [
  { value: '1', label: '1×' },
  { value: '2', label: '2×' },
  { value: '4', label: '4×' },
] as const;

/** Makes a batch of the folder: by a prompt for all, or by the team's recipe. */
export function BeginBar({ disabled }: { readonly disabled: boolean }) {
  const [prompt, setPrompt] = useState('');
  const [factor, setFactor] = useState<'1' | '2' | '4'>('2');
  return (
    <form
      className="begin"
      onSubmit={(event) => {
        event.preventDefault();
        if (prompt.trim()) void beginBatch({ prompt: prompt.trim(), factor: Number(factor) as 1 | 2 | 4 });
      }}
    >
      <label className="begin-prompt">
        <span>{words.prompt}</span>
        <input
          className="input"
          value={prompt}
          placeholder={words.promptHint}
          onChange={(event) => setPrompt(event.currentTarget.value)}
        />
      </label>
      <Segmented<'1' | '2' | '4'>
        label={words.factor}
        value={factor}
        choices={factors}
        onChange={setFactor}
      />
      <Button type="submit" look="primary" disabled={disabled || prompt.trim() === ''}>
        {words.begin}
      </Button>
      <Button disabled={disabled} onClick={() => setView({ sheet: 'recipes' })}>
        {words.byRecipe}
      </Button>
      <RunPlaceRow />
    </form>
  );
}
