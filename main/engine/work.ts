import type { Job } from './protocol.ts';
import type { Work } from './supervised-child.ts';

/** Stages as the window names them. */
const STAGES: Readonly<Record<string, string>> = {
  segment: 'Mask',
  depth: 'Depth',
  inpaint: 'Replace',
  color: 'Color',
  upscale: 'Deliver',
};

const JOBS: Readonly<Record<Exclude<Job['kind'], 'node'>, string>> = {
  export: 'the file',
  import: 'the photo',
  'preview-mask': 'the preview',
  draft: 'the preview',
  keep: 'the picture',
  recover: 'the damaged project',
  copy: 'the copy',
  'drop-runs': 'the project',
  describe: 'a model',
  release: 'a model',
  providers: 'the list of processors',
  'close-project': 'the project',
};

/** What a job is about. */
export function workOf(job: Job): Work {
  if (job.kind !== 'node') return { words: JOBS[job.kind], id: job.kind };
  const { node, stage } = job.request;
  return { words: STAGES[stage] ?? 'a step', id: node };
}
