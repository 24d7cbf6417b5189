import type { DocumentState, Running, StageId } from '../../preload/contract.ts';
import { findIntermediate, hasTarget, paramsOf, stageState } from '../state/select.ts';
import { t } from '../strings.ts';
import { formatShare, formatTime } from '../ui/format.ts';

/** The small line under a step's name: what it has, or why it has nothing. */
export function describeStage(document: DocumentState, stage: StageId, running: Running | null): string {
  const state = stageState(document, stage);
  if (running) return running.done === null ? t.rail.running : formatShare(running.done);
  switch (state?.state) {
    case 'failed':
      return t.rail.failed;
    case 'stale':
      return state.thumbnail ? t.rail.stale : t.rail.notYet;
    case 'done':
      return [
        describeResult(document, stage),
        state.ms === null || state.ms === 0 ? t.rail.reused : formatTime(state.ms),
      ]
        .filter(Boolean)
        .join(' · ');
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
