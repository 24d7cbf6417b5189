import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { type ErrorRecord, fromErrorRecord, toErrorRecord } from '../errors.ts';
import { sharp } from '../imaging/vips.ts';
import { isOutOfMemory, memoryBudgets, outOfMemory } from '../inference/memory.ts';
import { openPackFiles } from '../inference/pack-files.ts';
import { findPacks } from '../inference/packs.ts';
import type { ModelId } from '../inference/tensor.ts';
import type { NodeContext, PackFiles } from '../pipeline/node.ts';
import { copyProject } from '../store/copy.ts';
import { recoverProject } from '../store/recover.ts';
import { runDraft } from './draft.ts';
import { exportArtifact } from './export-artifact.ts';
import { importPhoto, keepPicture } from './import-photo.ts';
import { GuardedCache, LruCache } from './lru-cache.ts';
import { ModelClient, ModelsLostError } from './model-client.ts';
import { runNode } from './node-run.ts';
import { findNode } from './nodes.ts';
import { linkToParent } from './parent-link.ts';
import { previewMask } from './preview-mask.ts';
import { ProjectSession } from './project-session.ts';
import { isPipe, type job as jobSchema, toPixels } from './protocol.ts';

/** The *pixels* process: runs nodes at full resolution, one at a time, and writes what they make into the project. */
type Job = z.output<typeof jobSchema>;
type Init = Extract<z.output<typeof toPixels>, { type: 'init' }>;

/** Progress messages closer together than this are dropped, ms. */
const REPORT_MS = 40;
/** How long models may go on after the parent is gone, ms. */
const ORPHAN_GRACE_MS = 500;

/** With DAVENPORT_CHECKS set, a node that changes samples it shares with others fails. */
const Cache = process.env['DAVENPORT_CHECKS'] ? GuardedCache : LruCache;

const parent = linkToParent();
const models = new ModelClient(requestEndpoint);
let init: Init | undefined;
let packs: PackFiles | undefined;
let cache: LruCache = new Cache(0);
let session: ProjectSession | undefined;
let current: { readonly id: number; readonly controller: AbortController } | undefined;
let modelsAt: { readonly endpoint: string; readonly pid?: number | undefined } | undefined;
let waiting: { resolve(endpoint: string): void; reject(error: Error): void } | undefined;

parent.onMessage((raw) => {
  const message = toPixels.parse(raw);
  switch (message.type) {
    case 'init':
      init = message;
      cache = new Cache(memoryBudgets[message.preset].artifactBytes);
      return parent.send({ type: 'ready' });
    case 'job':
      return void perform(message.id, message.job);
    case 'cancel':
      return current?.id === message.id ? current.controller.abort() : undefined;
    case 'models':
      modelsAt = message;
      return waiting?.resolve(message.endpoint);
    case 'models-failed':
      return waiting?.reject(fromErrorRecord(message.error));
    case 'close':
      closeSession();
      return process.exit(0);
  }
});

parent.onGone(() => {
  closeSession();
  if (!modelsAt) process.exit(0);
  // Models leaves by itself unless it is inside a run, which nothing but its end can stop.
  const { endpoint, pid } = modelsAt;
  setTimeout(() => {
    if (pid !== undefined) endProcess(pid);
    if (!isPipe(endpoint)) rmSync(dirname(endpoint), { recursive: true, force: true });
    process.exit(0);
  }, ORPHAN_GRACE_MS);
});

async function perform(id: number, job: Job): Promise<void> {
  const controller = new AbortController();
  current = { id, controller };
  try {
    parent.send({ type: 'done', id, value: await answer(id, job, controller.signal) });
  } catch (error) {
    parent.send({
      type: 'failed',
      id,
      error: recordOf(error, job),
      modelsLost: error instanceof ModelsLostError,
    });
  } finally {
    current = undefined;
  }
}

async function answer(id: number, job: Job, signal: AbortSignal): Promise<unknown> {
  if (!init) throw new TypeError('Expected to be initialised before the first job');
  if (job.kind !== 'node') models.begin(signal);
  switch (job.kind) {
    case 'node': {
      packs ??= openPackFiles(findPacks(init.packs));
      const run = await findNode(job.request.node, init.modules);
      const services = {
        session: openSession(job.request.project),
        models,
        packs,
        memory: init.preset,
        signal,
        report: reporter(id),
        ...(init.previews ? { preview: previewer(id) } : {}),
      };
      const result = await runNode(run, job.request, services);
      if (cache instanceof GuardedCache) cache.verify(job.request.node);
      return result;
    }
    case 'export':
      return exportArtifact(job.request, openSession(job.request.project), cache, signal);
    case 'import':
      return importPhoto(
        job.request,
        cache,
        job.request.project ? openSession(job.request.project).project : null,
      );
    case 'preview-mask':
      return previewMask(job.request, openSession(job.request.project), models);
    case 'draft': {
      packs ??= openPackFiles(findPacks(init.packs));
      return runDraft(job.request, {
        session: openSession(job.request.project),
        models,
        packs,
        memory: init.preset,
        signal,
        findNode: (id) => findNode(id, init?.modules),
      });
    }
    case 'keep':
      return keepPicture(job.request.path, openSession(job.request.project).project);
    case 'recover':
      await recoverProject(job.path, job.to);
      return null;
    case 'copy':
      await copyProject(job.path, job.to);
      return null;
    case 'drop-runs': {
      const { project } = openSession(job.project);
      const dropped = new Set(job.fingerprints);
      const kept = project.listRuns().filter(({ fingerprint }) => !dropped.has(fingerprint));
      await project.evictArtifacts(
        kept.map(({ fingerprint }) => fingerprint),
        0,
      );
      return null;
    }
    case 'describe':
      return models.describe(job.model as ModelId);
    case 'release':
      return (await models.release(job.model as ModelId | undefined)) ?? null;
    case 'providers':
      return models.providers();
    case 'close-project':
      if (job.evict) await session?.project.evictArtifacts(job.evict.keep, job.evict.budgetBytes);
      closeSession();
      return null;
  }
}

function openSession(path: string): ProjectSession {
  if (session?.project.path === path) return session;
  closeSession();
  session = new ProjectSession(path, cache);
  return session;
}

function closeSession(): void {
  if (!session) return;
  session.close();
  session = undefined;
  // A project leaves rasters behind that V8 would collect some projects later; a batch closes one after the other.
  globalThis.gc?.();
}

function reporter(id: number): (done: number, label?: string) => void {
  let last = 0;
  return (done, label) => {
    const now = performance.now();
    if (now - last < REPORT_MS) return;
    last = now;
    parent.send({ type: 'progress', id, done, ...(label === undefined ? {} : { label }) });
  };
}

function previewer(id: number): NonNullable<NodeContext['preview']> {
  return async ({ width, height, data }, done) => {
    const png = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    parent.send({ type: 'progress', id, done, preview: { width, height, png: png.toString('base64') } });
  };
}

function recordOf(error: unknown, job: Job): ErrorRecord {
  if (!isOutOfMemory(error)) return toErrorRecord(error);
  cache.clear(); // the next try starts with as much room as there can be
  return toErrorRecord(
    outOfMemory(job.kind === 'node' ? `running ${job.request.node}` : `working on the ${job.kind}`, error),
  );
}

/** Where models listens; the parent starts it where it does not run. */
function requestEndpoint(): Promise<string> {
  return new Promise((resolve, reject) => {
    waiting = { resolve, reject };
    parent.send({ type: 'need-models' });
  });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has left already.
  }
}
