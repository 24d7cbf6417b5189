import { type FormEvent, useState } from 'react';
import { paramsOf, type ParamsOf, useDocument } from '../state/select.ts';
import type { DocumentState, StageId } from '../../preload/contract.ts';
import { useModel } from '../state/model.ts';
import { setView, useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { saveRecipe, useRecipes } from './actions.ts';
import { paramTitle } from './param-title.ts';
import { FolderLine, useRecipeFolder } from './recipes-sheet.tsx';

const words = t.recipes;

/** Saves the edit at hand into the team's folder, with what nobody may change ticked. */
export function SaveRecipeSheet() {
  const open = useView((v) => v.sheet === 'save-recipe' && useModel.getState().document !== null);
  return (
    <Sheet title={words.saveTitle} open={open} className="recipes" onClose={() => setView({ sheet: null })}>
      {open && <SaveForm />}
    </Sheet>
  );
}

function SaveForm() {
  const document = useDocument();
  const { recipes, reading } = useRecipes();
  const team = document.recipe.edits[document.edit]?.team;
  const [name, setName] = useState(team?.name ?? '');
  const [note, setNote] = useState('');
  const [author, setAuthor] = useState('');
  const [locked, setLocked] = useState<readonly string[]>(team?.locked ?? []);
  const [taken, setTaken] = useState(false);
  useRecipeFolder();
  const isReady = name.trim() !== '' && recipes !== null && recipes.folder !== null && !recipes.offline;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    const saved = await saveRecipe({ name: name.trim(), note, author, locked: [...locked], replace: taken });
    if (saved) setView({ sheet: null });
    else if (saved === false) setTaken(true);
  };
  return (
    <form className="save-recipe" onSubmit={(event) => void save(event)}>
      <FolderLine recipes={recipes} reading={reading} />
      {recipes?.offline && <p className="note warn">{recipes.offline}</p>}
      <Field
        label={words.name}
        value={name}
        onChange={(next) => {
          setName(next);
          setTaken(false);
        }}
      />
      <Field label={words.note} value={note} onChange={setNote} />
      <Field label={words.author} value={author} onChange={setAuthor} />
      <Locks params={recipes?.lockable ?? []} locked={locked} onChange={setLocked} />
      <footer className="dialog-foot">
        {taken && (
          <p className="note warn" role="alert">
            {words.taken}
          </p>
        )}
        <Button type="submit" look="primary" disabled={!isReady}>
          {taken ? words.replace : words.save}
        </Button>
      </footer>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  onChange(value: string): void;
}

function Field({ label, value, onChange }: FieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input className="input" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

interface LocksProps {
  readonly params: readonly string[];
  readonly locked: readonly string[];
  onChange(locked: readonly string[]): void;
}

/** Every parameter with its value and a tick: ticked ones are locked. */
function Locks({ params, locked, onChange }: LocksProps) {
  const document = useDocument();
  return (
    <div className="recipe-params" role="group" aria-label={words.lockLegend}>
      <p className="note">{words.lockLegend}</p>
      <div className="scroll">
        {params.map((param) => (
          <label key={param}>
            <input
              type="checkbox"
              checked={locked.includes(param)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked ? [...locked, param] : locked.filter((each) => each !== param),
                )
              }
            />
            <span>{paramTitle(param)}</span>
            <small>{valueText(document, param)}</small>
          </label>
        ))}
      </div>
    </div>
  );
}

function valueText(document: DocumentState, param: string): string {
  const [stage = '', name = ''] = param.split('.');
  const values = paramsOf(document, stage as StageId) as ParamsOf<StageId> & Record<string, unknown>;
  const value = values[name];
  if (value === null || value === undefined || String(value) === '') return '–'; // an empty list is '' too
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  if (name === 'product') return words.picture;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
