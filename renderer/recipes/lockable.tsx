import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import type { DocumentState } from '../../preload/contract.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { Tip } from '../ui/tip.tsx';

/** The recipe that locks one of these parameters of the edit at hand; null where all are open. */
export function lockedBy(document: DocumentState | null, params: readonly string[]): string | null {
  if (!document) return null;
  for (const [index, { team }] of document.recipe.edits.entries()) {
    const locks = (param: string) =>
      (index === document.edit || param.startsWith('upscale.')) && team?.locked.includes(param);
    if (team && params.some(locks)) return team.name;
  }
  return null;
}

interface LockableProps {
  /** What the controls in it change, as `stage.param`: one that is locked locks them all. */
  readonly params: readonly string[];
  readonly children: ReactNode;
}

/** Controls that a team's recipe may lock: shown with their value, a lock and whose it is, and out of reach. */
export function Lockable({ params, children }: LockableProps) {
  const recipe = useModel((m) => lockedBy(m.document, params));
  if (recipe === null) return children;
  const text = t.recipes.lockedBy(recipe);
  return (
    <div className="lockable">
      <div className="lockable-controls" inert>
        {children}
      </div>
      <Tip text={text} side="left">
        {/* A button, so that the keyboard finds why it cannot be changed. */}
        <button type="button" className="lockable-mark" aria-label={text}>
          <Lock aria-hidden />
        </button>
      </Tip>
    </div>
  );
}
