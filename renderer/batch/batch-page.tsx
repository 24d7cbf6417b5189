import {
  ArrowLeft,
  FolderOpen,
  LayoutGrid,
  MousePointerClick,
  Pause,
  Play,
  TriangleAlert,
} from 'lucide-react';
import type { BatchState } from '../../preload/contract.ts';
import { useModel } from '../state/model.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Progress } from '../ui/progress.tsx';
import { clickThrough, leaveFolder, pauseBatch, revealBatch, startBatch } from './actions.ts';
import { BatchList } from './batch-list.tsx';
import { RunPlaceRow } from './run-place.tsx';
import { WholeMenu } from './whole-menu.tsx';

const words = t.batch;

/** A folder that is worked through: what waits, what runs, what came of it. */
export function BatchPage() {
  const batch = useModel((m) => m.batch);
  if (!batch) return null;
  return (
    <main className="batch">
      <Head batch={batch} />
      <Summary batch={batch} />
      <BatchList total={batch.found} revision={batch.revision} atWork={batch.atWork} />
    </main>
  );
}

function Head({ batch }: { readonly batch: BatchState }) {
  const { name, recipe, state, counts, unclicked } = batch;
  const waiting = counts.queued;
  return (
    <header className="folder-head">
      <Button look="ghost" disabled={state !== 'idle'} onClick={() => void leaveFolder()}>
        <ArrowLeft aria-hidden />
        {words.back}
      </Button>
      <h1>{name}</h1>
      <span className="chip">{recipe}</span>
      <div className="batch-actions">
        <IconButton label={words.sheet} onClick={() => void revealBatch('contact-sheet')}>
          <LayoutGrid aria-hidden />
        </IconButton>
        <IconButton label={words.results} onClick={() => void revealBatch('folder')}>
          <FolderOpen aria-hidden />
        </IconButton>
        <WholeMenu batch={batch} />
        <Button disabled={unclicked === 0} onClick={() => void clickThrough()}>
          <MousePointerClick aria-hidden />
          {words.click(unclicked)}
        </Button>
        {state === 'idle' ? (
          <Button look="primary" disabled={waiting === 0} onClick={() => void startBatch()}>
            <Play aria-hidden />
            {words.start(waiting)}
          </Button>
        ) : (
          <Button look="primary" disabled={state === 'pausing'} onClick={() => void pauseBatch()}>
            <Pause aria-hidden />
            {state === 'pausing' ? words.pausing : words.pause}
          </Button>
        )}
      </div>
    </header>
  );
}

function Summary({ batch }: { readonly batch: BatchState }) {
  const { counts, found, atWork, state } = batch;
  const ended = counts.done + counts.failed + counts.skipped;
  return (
    <section className="batch-summary" aria-label={words.summary}>
      <p role="status">
        <b>{words.found(found)}</b>
        <span data-state="done">{words.done(counts.done)}</span>
        {counts.person > 0 && <span data-state="person">{words.person(counts.person)}</span>}
        {counts.failed > 0 && <span data-state="failed">{words.failed(counts.failed)}</span>}
        {counts.skipped > 0 && <span>{words.skipped(counts.skipped)}</span>}
        {atWork.map(({ id, name, stage }) => (
          <span key={id} className="batch-work">
            {name}
            {stage && ` · ${t.stages[stage]}`}
          </span>
        ))}
      </p>
      {batch.stopped !== null && (
        <p className="batch-stopped" role="alert">
          <TriangleAlert aria-hidden />
          {batch.stopped}
        </p>
      )}
      {state === 'idle' ? <RunPlaceRow /> : batch.runOn.on === 'queue' && <Workers batch={batch} />}
      {state !== 'idle' && <Progress label={words.summary} value={found > 0 ? ended / found : null} />}
    </section>
  );
}

/** The queue it runs on, and who works on it. */
function Workers({ batch: { runOn, workers } }: { readonly batch: BatchState }) {
  return (
    <p className="batch-workers" data-alone={workers?.count === 0 || undefined}>
      <b>{runOn.url.replace(/\/\/[^@/]*@/, '//')}</b>
      {workers && <span>{words.workers(workers.count, workers.lanes, workers.seconds)}</span>}
    </p>
  );
}
