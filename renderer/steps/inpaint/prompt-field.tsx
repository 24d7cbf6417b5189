import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { commit, useParams } from '../../state/params.ts';
import { findIntermediate, hasReplacement, hasTarget, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';

const words = t.inpaint;

/** The words for what shall stand there. Enter takes them; so does leaving the field. */
export function PromptField() {
  const id = useId();
  const document = useDocument();
  const { prompt, engine } = useParams('inpaint');
  const [typed, setTyped] = useState(prompt);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setTyped(prompt), [prompt]);
  // Whoever comes here with nothing said yet wants to type.
  useEffect(() => {
    if (field.current?.value === '' && hasTarget(document) && !hasReplacement(document))
      field.current.focus();
    // oxlint-disable-next-line exhaustive-deps -- on entering the step alone
  }, []);
  const take = () => {
    const next = typed.trim();
    if (next !== prompt) commit('inpaint', { prompt: next }, words.history.prompt);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      take();
    } else if (event.key === 'Escape' && typed !== prompt) {
      event.stopPropagation();
      setTyped(prompt);
    }
  };
  const notes = findIntermediate(document, 'inpaint.place/placement')?.metrics['notes'];
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {words.prompt}
      </label>
      <textarea
        ref={field}
        id={id}
        className="input prompt"
        rows={2}
        maxLength={2000}
        placeholder={words.promptExample[engine]}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={onKeyDown}
      />
      {engine === 'place' && typeof notes === 'string' && notes !== '' && (
        <p className="note small">{notes}</p>
      )}
    </div>
  );
}
