import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

/** A part that is folded away until it is wanted. */
export function Disclosure({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <details className="disclosure">
      <summary>
        <ChevronRight aria-hidden />
        {title}
      </summary>
      <div>{children}</div>
    </details>
  );
}
