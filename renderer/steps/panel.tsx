import type { ReactNode } from 'react';
import type { StageId } from '../../preload/contract.ts';
import { t } from '../strings.ts';

interface PanelProps {
  readonly stage: StageId;
  /** What the step does or found, in a sentence. */
  readonly text: string;
  readonly children: ReactNode;
  /** Stays at the bottom while the rest scrolls. */
  readonly foot?: ReactNode;
}

/** A step's parameters, at the right of the photo. */
export function Panel({ stage, text, children, foot }: PanelProps) {
  return (
    <section className="panel" aria-labelledby={`panel-${stage}`}>
      <div className="panel-body scroll">
        <h2 id={`panel-${stage}`}>{t.stages[stage]}</h2>
        <p className="note">{text}</p>
        {children}
      </div>
      {foot && <div className="panel-foot">{foot}</div>}
    </section>
  );
}
