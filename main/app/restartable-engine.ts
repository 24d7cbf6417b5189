import { startEngine, type Engine, type EngineOptions } from '../engine/supervisor.ts';

/** An engine whose options can change: what is asked of it afterwards goes to a new one. */
export interface RestartableEngine extends Engine {
  /** Ends both children and goes on with other options; what is running fails as cancelled. */
  restart(options: Partial<EngineOptions>): Promise<void>;
}

/** Starts an engine that can be restarted with other options. */
export function startRestartable(options: EngineOptions, start = startEngine): RestartableEngine {
  let current = options;
  let engine = start(current);
  return {
    runNode: (...args) => engine.runNode(...args),
    importPhoto: (...args) => engine.importPhoto(...args),
    exportArtifact: (...args) => engine.exportArtifact(...args),
    previewMask: (...args) => engine.previewMask(...args),
    keepPicture: (...args) => engine.keepPicture(...args),
    recoverProject: (...args) => engine.recoverProject(...args),
    copyProject: (...args) => engine.copyProject(...args),
    dropRuns: (...args) => engine.dropRuns(...args),
    describeModel: (...args) => engine.describeModel(...args),
    releaseModels: (...args) => engine.releaseModels(...args),
    providers: () => engine.providers(),
    closeProject: (...args) => engine.closeProject(...args),
    close: () => engine.close(),
    get preset() {
      return engine.preset;
    },
    get pids() {
      return engine.pids;
    },
    async restart(changes) {
      const old = engine;
      current = { ...current, ...changes };
      engine = start(current);
      await old.close();
    },
  };
}
