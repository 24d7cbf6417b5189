import { Check, Cpu } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { chooseRecipesFolder } from '../recipes/actions.ts';
import { ask } from '../state/bridge.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';

const presets = ['low', 'balanced', 'high'] as const;

/** Where models run, and how much memory they may keep. */
export function PreferencesMenu() {
  const app = useModel((m) => m.app);
  if (!app) return null;
  const { memory, provider, recipesFolder } = app.preferences;
  const name = t.preferences.providers[provider] ?? provider;
  const set = async (values: { memory?: (typeof presets)[number]; provider?: string }) => {
    const answer = await ask('app.preferences', values);
    if (answer) useModel.setState({ app: answer.value });
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="chip chip-button" aria-label={t.preferences.label(name)}>
        <Cpu aria-hidden />
        {name}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" sideOffset={6} align="end" collisionPadding={8}>
          <DropdownMenu.Label className="menu-label">{t.preferences.runOn}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={provider} onValueChange={(next) => void set({ provider: next })}>
            {[...new Set(['auto', ...app.providers])].map((one) => (
              <Item key={one} value={one} label={t.preferences.providers[one] ?? one} />
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Label className="menu-label">{t.preferences.memory}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup
            value={memory}
            onValueChange={(next) => void set({ memory: next as (typeof presets)[number] })}
          >
            {presets.map((one) => (
              <Item key={one} value={one} label={t.preferences.presets[one]} />
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Label className="menu-label">{t.recipes.folder}</DropdownMenu.Label>
          <DropdownMenu.Item
            className="menu-item menu-path"
            title={recipesFolder ?? undefined}
            onSelect={() => void chooseRecipesFolder('choose')}
          >
            <span className="menu-check" />
            <span>{recipesFolder ?? t.recipes.chooseFolder}</span>
          </DropdownMenu.Item>
          {recipesFolder !== null && (
            <DropdownMenu.Item className="menu-item" onSelect={() => void chooseRecipesFolder('none')}>
              <span className="menu-check" />
              {t.recipes.forgetFolder}
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <DropdownMenu.RadioItem className="menu-item" value={value}>
      <span className="menu-check">
        <DropdownMenu.ItemIndicator>
          <Check aria-hidden />
        </DropdownMenu.ItemIndicator>
      </span>
      {label}
    </DropdownMenu.RadioItem>
  );
}
