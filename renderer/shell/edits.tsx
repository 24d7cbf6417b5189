import { Plus, X } from 'lucide-react';
import type { EditRecipe } from '../state/select.ts';
import { runCommand } from '../commands/registry.ts';
import { chooseEdit, removeEdit } from '../state/document.ts';
import { useDocument } from '../state/select.ts';
import { t } from '../strings.ts';

/** The edits of the photo: each works on what the one before it left. */
export function Edits() {
  const { recipe, edit } = useDocument();
  return (
    <section className="edits" aria-label={t.edits.title}>
      <h2>{t.edits.title}</h2>
      <ul>
        {recipe.edits.map((one, index) => (
          // oxlint-disable-next-line no-array-index-key -- an edit has no other identity than its place
          <li key={index} data-on={index === edit}>
            <button
              type="button"
              className="edit"
              aria-current={index === edit || undefined}
              onClick={() => void chooseEdit(index)}
            >
              <span>{t.edits.number(index + 1)}</span>
              <span className="edit-text">{nameEdit(one)}</span>
            </button>
            {recipe.edits.length > 1 && (
              <button
                type="button"
                className="edit-remove"
                aria-label={t.edits.remove(index + 1)}
                onClick={() => void removeEdit(index)}
              >
                <X aria-hidden />
              </button>
            )}
          </li>
        ))}
        <li>
          <button type="button" className="edit add" onClick={() => runCommand('add-edit')}>
            <Plus aria-hidden />
            {t.edits.add}
          </button>
        </li>
      </ul>
    </section>
  );
}

function nameEdit({ inpaint }: EditRecipe): string {
  if (inpaint.engine === 'remove') return t.edits.removed;
  if (inpaint.product) return t.edits.product;
  return inpaint.prompt;
}
