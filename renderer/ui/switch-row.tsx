import { Switch } from 'radix-ui';

interface SwitchRowProps {
  readonly label: string;
  readonly checked: boolean;
  onChange(checked: boolean): void;
}

export function SwitchRow({ label, checked, onChange }: SwitchRowProps) {
  return (
    <label className="switch-row">
      {label}
      <Switch.Root className="switch" checked={checked} onCheckedChange={onChange}>
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
    </label>
  );
}
