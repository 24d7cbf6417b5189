import { useRef, type KeyboardEvent } from 'react';
import type { DocumentState, StageId } from '../../preload/contract.ts';
import { keysOf } from '../commands/keys.ts';
import { runCommand } from '../commands/registry.ts';
import { thumbnailUrl } from '../state/bridge.ts';
import { useModel } from '../state/model.ts';
import { stages, stageState, useDocument } from '../state/select.ts';
import { useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { Edits } from './edits.tsx';
import { describeStage } from './stage-text.ts';

/** The five steps in order, each with what it shows and how it stands; below them the edits. */
export function Rail() {
  const list = useRef<HTMLOListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const way = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + way]?.focus();
  };
  return (
    <nav className="rail scroll" aria-label={t.rail.label}>
      <ol ref={list} onKeyDown={onKeyDown}>
        {stages.map((stage, index) => (
          <li key={stage}>
            <StepButton stage={stage} number={index + 1} />
          </li>
        ))}
      </ol>
      <Edits />
    </nav>
  );
}

function StepButton({ stage, number }: { readonly stage: StageId; readonly number: number }) {
  const document = useDocument();
  const step = useView((v) => v.step);
  const progress = useModel((m) => m.progress);
  const state = stageState(document, stage);
  const running = progress?.stage === stage && progress.edit === document.edit;
  const text = describeStage(document, stage, running ? progress : null);
  const shown = running ? 'running' : (state?.state ?? 'empty');
  return (
    <button
      type="button"
      className="step"
      aria-current={step === stage ? 'step' : undefined}
      aria-keyshortcuts={keysOf(`step-${stage}`)}
      data-state={shown}
      onClick={() => runCommand(`step-${stage}`)}
    >
      <Thumbnail document={document} stage={stage} stale={shown !== 'done'} />
      <span className="step-text">
        <span className="step-name">
          {number} {t.stages[stage]}
        </span>
        <span className="step-state" title={text}>
          {text}
        </span>
      </span>
      <i className="dot" data-state={shown} />
      <span className="visually-hidden">{t.rail.states[shown]}</span>
    </button>
  );
}

interface ThumbnailProps {
  readonly document: DocumentState;
  readonly stage: StageId;
  readonly stale: boolean;
}

function Thumbnail({ document, stage, stale }: ThumbnailProps) {
  const layer = stageState(document, stage)?.thumbnail;
  return (
    <span className="step-picture" data-stale={stale}>
      {layer && <img alt="" src={thumbnailUrl(layer)} draggable={false} />}
    </span>
  );
}
