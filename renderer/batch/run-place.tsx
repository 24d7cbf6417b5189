import { FolderOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RunPlace } from '../../preload/contract.ts';
import { ask } from '../state/bridge.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segmented } from '../ui/segmented.tsx';

const words = t.batch.runOn;

/** Where the batch runs: here, or by the workers of a queue that share a storage. */
export function RunPlaceRow({ disabled = false }: { readonly disabled?: boolean }) {
  const [place, setPlace] = useState<RunPlace | null>(null);
  const change = async (request: Parameters<typeof ask<'batch.runOn'>>[1]) => {
    const answer = await ask('batch.runOn', request);
    if (answer) setPlace(answer.value);
  };
  useEffect(() => void change({}), []);
  if (!place) return null;
  return (
    <div className="run-place" role="group" aria-label={words.label}>
      <span>{words.label}</span>
      <Segmented<RunPlace['on']>
        label={words.label}
        value={place.on}
        choices={words.places.map((choice) => ({ ...choice, disabled }))}
        onChange={(on) => void change({ on })}
      />
      {place.on === 'queue' && (
        <>
          <input
            className="input"
            aria-label={words.url}
            placeholder={words.urlHint}
            defaultValue={place.url}
            disabled={disabled}
            spellCheck={false}
            onBlur={(event) => void change({ url: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
            }}
          />
          <Button
            disabled={disabled}
            title={place.storage ?? undefined}
            onClick={() => void change({ storage: 'choose' })}
          >
            <FolderOpen aria-hidden />
            <span className="run-storage">{place.storage ?? words.storage}</span>
          </Button>
        </>
      )}
    </div>
  );
}
