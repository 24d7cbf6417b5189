import { BookMarked, Lock } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { useDocument } from '../state/select.ts';
import { t } from '../strings.ts';
import { detachRecipe } from './actions.ts';
import { paramTitle } from './param-title.ts';

const words = t.recipes;

/** Which of the team's recipes the edit follows and what it locks; the way to another, and out of it. */
export function RecipeChip() {
  const { recipe, edit } = useDocument();
  const team = recipe.edits[edit]?.team ?? null;
  const locked = team?.locked ?? [];
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className="chip chip-button recipe-chip"
        aria-label={team ? words.chip(team.name, locked.length) : words.none}
      >
        {locked.length > 0 ? <Lock aria-hidden /> : <BookMarked aria-hidden />}
        <span>{team?.name ?? words.none}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" sideOffset={6} align="start" collisionPadding={8}>
          {locked.length > 0 && (
            <>
              <DropdownMenu.Label className="menu-label">{words.lockedHere}</DropdownMenu.Label>
              {locked.map((param) => (
                <DropdownMenu.Item key={param} className="menu-item" disabled>
                  <span className="menu-check">
                    <Lock aria-hidden />
                  </span>
                  {paramTitle(param)}
                </DropdownMenu.Item>
              ))}
              <DropdownMenu.Separator className="menu-line" />
            </>
          )}
          <Item
            label={words.applyMenu}
            keys={keysOf('apply-recipe')}
            act={() => runCommand('apply-recipe')}
          />
          <Item label={words.saveMenu} keys={keysOf('save-recipe')} act={() => runCommand('save-recipe')} />
          {team && <Item label={words.detach(team.name)} act={() => void detachRecipe()} />}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  readonly label: string;
  readonly keys?: string | undefined;
  act(): void;
}

function Item({ label, keys, act }: ItemProps) {
  return (
    <DropdownMenu.Item className="menu-item" onSelect={act}>
      <span className="menu-check" />
      {label}
      {keys && <span className="end">{keys}</span>}
    </DropdownMenu.Item>
  );
}
