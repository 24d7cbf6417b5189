import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { t } from '../strings.ts';
import { join } from './join.ts';

interface SheetProps {
  readonly title: string;
  readonly open: boolean;
  readonly className?: string;
  onClose(): void;
  readonly children: ReactNode;
}

/** A dialog over the window. The backdrop is our own: Radix's locks scrolling by a style element that CSP refuses. */
export function Sheet({ title, open, className, onClose, children }: SheetProps) {
  const before = useRef<HTMLElement | null>(null);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <div className="backdrop" />
        <Dialog.Content
          className={join('dialog', className)}
          aria-describedby={undefined}
          onOpenAutoFocus={() => {
            before.current = document.activeElement as HTMLElement | null;
          }}
          onCloseAutoFocus={(event) => {
            // A key opens it, not a button that Radix could give the focus back to.
            event.preventDefault();
            before.current?.focus({ preventScroll: true });
          }}
        >
          <header className="dialog-head">
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close className="button ghost icon" aria-label={t.close}>
              <X aria-hidden />
            </Dialog.Close>
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
