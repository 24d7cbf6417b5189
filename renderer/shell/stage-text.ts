import type { DocumentState, Running, StageId } from '../../preload/contract.ts';
import { findIntermediate, hasTarget, paramsOf, stageState } from '../state/select.ts';
import { t } from '../strings.ts';
import { formatShare, formatTime } from '../ui/format.ts';

/** Characters that the line has room for. */
const ROOM = 21;

/** The small line under a step's name: what it has, or why it has nothing. */
export function describeStage(document: DocumentState, stage: StageId, running: Running | null): string {
  const state = stageState(document, stage);
  if (running) return running.done === null ? t.rail.running : formatShare(running.done);
  switch (state?.state) {
    case 'failed':
      return t.rail.failed;
    case 'stale':
      return state.thumbnail ? t.rail.stale : t.rail.notYet;
    case 'done': {
      const result = describeResult(document, stage);
      const time = state.ms === null || state.ms === 0 ? t.rail.reused : formatTime(state.ms);
      if (result === '') return time;
      const both = `${result} · ${time}`;
      return both.length > ROOM ? result : both;
    }
    default:
      if (stage === 'inpaint' && hasTarget(document)) return t.rail.sayWhat;
      return t.rail.empty[stage];
  }
}

function describeResult(document: DocumentState, stage: StageId): string {
  switch (stage) {
    case 'segment': {
      const { clicks, mask } = paramsOf(document, 'segment');
      return mask ? t.rail.importedMask : t.rail.clicks(clicks.length);
    }
    case 'depth':
      return paramsOf(document, 'depth').floor === 'auto' ? t.rail.floorFound : t.rail.floorSet;
    case 'inpaint': {
      const { variations } = document;
      const chosen = variations.findIndex((v) => v.chosen);
      return variations.length > 1 ? t.rail.variation(chosen + 1, variations.length) : '';
    }
    case 'color':
      return '';
    case 'upscale': {
      const size = findIntermediate(document, 'upscale.frame/upscaled');
      return size?.width && size.height ? `${size.width}×${size.height}` : '';
    }
  }
}
