import type { ComponentProps, ReactNode } from 'react';
import { join } from './join.ts';
import { Tip } from './tip.tsx';

type Look = 'plain' | 'primary' | 'ghost' | 'link';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: Look;
  readonly wide?: boolean;
}

export function Button({ look = 'plain', wide = false, className, ...rest }: ButtonProps) {
  return <button type="button" {...rest} className={join('button', look, wide && 'wide', className)} />;
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Read to those who cannot see the icon, and shown as its tip. */
  readonly label: string;
  readonly keys?: string | undefined;
  readonly look?: Look;
  readonly children: ReactNode;
}

export function IconButton({ label, keys, look = 'ghost', className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button type="button" aria-label={label} {...rest} className={join('button icon', look, className)} />
    </Tip>
  );
}
