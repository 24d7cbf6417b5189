import { Check, ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  /** At the right, dim. */
  readonly detail?: string;
  readonly disabled?: boolean;
}

interface PickerProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  onChange(value: T): void;
}

/**
 * One of many, in a menu. Not Radix's Select: that injects a style element, which the window's content security
 * policy refuses; for the same reason menus here are not modal.
 */
export function Picker<T extends string>({ label, value, options, onChange }: PickerProps<T>) {
  const chosen = options.find((option) => option.value === value);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button picker" aria-label={`${label}: ${chosen?.label ?? value}`}>
        <span>{chosen?.label ?? value}</span>
        <ChevronDown aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu scroll" sideOffset={4} align="start" collisionPadding={8}>
          <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
            {options.map((option) => (
              <DropdownMenu.RadioItem
                key={option.value}
                value={option.value}
                className="menu-item"
                disabled={option.disabled ?? false}
              >
                <span className="menu-check">
                  <DropdownMenu.ItemIndicator>
                    <Check aria-hidden />
                  </DropdownMenu.ItemIndicator>
                </span>
                {option.label}
                {option.detail && <span className="end">{option.detail}</span>}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
