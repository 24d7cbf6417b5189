import { FolderOpen, Lock, RotateCw, TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import type { RecipesState, TeamRecipeCard } from '../../preload/contract.ts';
import { useModel } from '../state/model.ts';
import { setView, useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { chooseRecipe, chooseRecipesFolder, readRecipes, useRecipes } from './actions.ts';
import { paramTitle } from './param-title.ts';

const words = t.recipes;

/** The team's recipes: one of them for the open edit, or for a batch of the open folder. */
export function RecipesSheet() {
  const open = useView((v) => v.sheet === 'recipes');
  return (
    <Sheet title={words.title} open={open} className="recipes" onClose={() => setView({ sheet: null })}>
      {open && <Recipes />}
    </Sheet>
  );
}

function Recipes() {
  const { recipes, reading } = useRecipes();
  useRecipeFolder();
  return (
    <>
      <FolderLine recipes={recipes} reading={reading} />
      <div className="recipes-list scroll">{recipes && <List recipes={recipes} />}</div>
      <footer className="dialog-foot">
        <Button onClick={() => void chooseRecipe(null)}>{words.fromFile}</Button>
      </footer>
    </>
  );
}

/** Reads the folder when it comes into sight, and when one comes back to the window. */
export function useRecipeFolder(): void {
  useEffect(() => {
    const read = () => void readRecipes();
    read();
    window.addEventListener('focus', read);
    return () => window.removeEventListener('focus', read);
  }, []);
}

/** Which folder it is, and the way to another. */
export function FolderLine({
  recipes,
  reading,
}: {
  readonly recipes: RecipesState | null;
  readonly reading: boolean;
}) {
  return (
    <div className="recipes-folder">
      <span title={recipes?.folder ?? undefined}>{recipes?.folder ?? words.noFolder}</span>
      {recipes?.folder && (
        <IconButton label={words.readAgain} disabled={reading} onClick={() => void readRecipes()}>
          <RotateCw aria-hidden />
        </IconButton>
      )}
      <Button onClick={() => void chooseRecipesFolder('choose')}>
        <FolderOpen aria-hidden />
        {words.chooseFolder}
      </Button>
    </div>
  );
}

function List({ recipes }: { readonly recipes: RecipesState }) {
  if (recipes.offline !== null)
    return (
      <p className="recipes-offline" role="alert">
        <TriangleAlert aria-hidden />
        {recipes.offline}
      </p>
    );
  if (recipes.recipes.length === 0)
    return <p className="note">{recipes.folder === null ? words.noFolderText : words.empty}</p>;
  return (
    <ul aria-label={words.title}>
      {recipes.recipes.map((recipe) => (
        <Card key={recipe.id} recipe={recipe} />
      ))}
    </ul>
  );
}

function Card({ recipe }: { readonly recipe: TeamRecipeCard }) {
  const { id, name, note, author, prompt, locked, problem } = recipe;
  const isForBatch = useModel((m) => m.document === null);
  return (
    <li className="recipe-card" data-problem={problem !== null || undefined}>
      <div>
        <h3>
          {name}
          {author && <small>{words.by(author)}</small>}
        </h3>
        {problem !== null ? (
          <p className="recipe-problem">
            <TriangleAlert aria-hidden />
            {problem}
          </p>
        ) : (
          <>
            {note ? <p>{note}</p> : prompt && <p>“{prompt}”</p>}
            {locked.length > 0 && (
              <p className="recipe-locks">
                <Lock aria-hidden />
                {words.locks(locked.map(paramTitle))}
              </p>
            )}
          </>
        )}
      </div>
      <Button
        aria-label={`${isForBatch ? words.useForBatch : words.apply}: ${name}`}
        disabled={problem !== null}
        onClick={() => void chooseRecipe(id)}
      >
        {isForBatch ? words.useForBatch : words.apply}
      </Button>
    </li>
  );
}
