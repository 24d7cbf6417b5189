import { type Command, commands } from '../../preload/commands.ts';
import { writeKeys } from '../commands/keys.ts';
import { setView, useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Sheet } from '../ui/sheet.tsx';

const groups: readonly Command['group'][] = ['File', 'Edit', 'View', 'Steps', 'Mask', 'Replace', 'Help'];

/** Every action with its keys. */
export function KeysSheet() {
  const open = useView((v) => v.sheet === 'keys');
  return (
    <Sheet title={t.keys.title} open={open} className="keys" onClose={() => setView({ sheet: null })}>
      <div className="keys-groups scroll">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {commands
                .filter((command) => command.group === group)
                .map((command) => (
                  <Line key={command.id} title={command.title} keys={command.keys} />
                ))}
              {t.keys.more[group]?.map(([title, key]) => (
                <Line key={title} title={title} keys={[key]} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Sheet>
  );
}

function Line({ title, keys }: { readonly title: string; readonly keys: readonly string[] }) {
  return (
    <div className="keys-line">
      <dt>{title}</dt>
      <dd>
        {keys.map((one) => (
          <span key={one} className="key">
            {writeKeys(one)}
          </span>
        ))}
      </dd>
    </div>
  );
}
