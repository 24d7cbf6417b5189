import { type Engine, type EngineOptions, startEngine, startModels } from '../engine/supervisor.ts';

/** The window's engine: its options can change, and previews do not wait for the node at hand. */
export interface RestartableEngine extends Engine {
  /** Ends all children and goes on with other options; what is running fails as cancelled. */
  restart(options: Partial<EngineOptions>): Promise<void>;
  /** The same, but what is running is finished as it began, while what comes next has the other options already. */
  succeed(options: Partial<EngineOptions>): void;
}

/** One set of children: what is asked for goes to `main`, previews that would wait there to `spare`. */
interface Lanes {
  readonly main: Engine;
  /** Started when it is first needed, ended with the project: it keeps a photo of its own in memory. */
  spare(): Engine;
  endSpare(): Promise<void>;
  /** @param isGentle what was asked for is done first */
  close(isGentle?: boolean): Promise<void>;
}

/**
 * Starts an engine that can be restarted with other options. Previews keep nothing, so they may be made anywhere: by a
 * second *pixels* process where the first is at work. Both ask the same *models*.
 */
export function startRestartable(
  options: EngineOptions,
  start = startEngine,
  shareModels = startModels,
): RestartableEngine {
  let current = options;
  let lanes = open(current);

  function open(chosen: EngineOptions): Lanes {
    const models = shareModels(chosen);
    const main = start({ ...chosen, models });
    let spare: Engine | null = null;
    const endSpare = async () => {
      const ending = spare;
      spare = null;
      await ending?.close();
    };
    return {
      main,
      spare: () => (spare ??= start({ ...chosen, models })),
      endSpare,
      async close(isGentle = false) {
        await Promise.all([isGentle ? main.finish() : main.close(), endSpare()]);
        await models.close();
      },
    };
  }

  /** Lanes that finish what they began. */
  const retiring = new Set<Promise<void>>();

  const engine = () => lanes.main;
  const preview = () => (lanes.main.isBusy ? lanes.spare() : lanes.main);
  return {
    runNode: (...args) => engine().runNode(...args),
    importPhoto: (...args) => engine().importPhoto(...args),
    exportArtifact: (...args) => engine().exportArtifact(...args),
    previewMask: (...args) => preview().previewMask(...args),
    draft: (...args) => preview().draft(...args),
    keepPicture: (...args) => engine().keepPicture(...args),
    recoverProject: (...args) => engine().recoverProject(...args),
    copyProject: (...args) => engine().copyProject(...args),
    dropRuns: (...args) => engine().dropRuns(...args),
    describeModel: (...args) => engine().describeModel(...args),
    releaseModels: (...args) => engine().releaseModels(...args),
    providers: () => engine().providers(),
    async closeProject(...args) {
      await Promise.all([lanes.endSpare(), ...retiring]);
      await engine().closeProject(...args);
    },
    async close() {
      await Promise.all([lanes.close(), ...retiring]);
    },
    finish: () => lanes.close(true),
    get isBusy() {
      return engine().isBusy;
    },
    get preset() {
      return engine().preset;
    },
    get pids() {
      return engine().pids;
    },
    async restart(changes) {
      const old = lanes;
      current = { ...current, ...changes };
      lanes = open(current);
      await old.close();
    },
    succeed(changes) {
      const old = lanes;
      current = { ...current, ...changes };
      lanes = open(current);
      const leaving = old.close(true).finally(() => retiring.delete(leaving));
      retiring.add(leaving);
    },
  };
}
