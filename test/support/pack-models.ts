import { openPackFiles } from '../../main/inference/pack-files.ts';
import { modelOf, type Pack } from '../../main/inference/packs.ts';
import { openSessions, type SessionsOptions } from '../../main/inference/sessions.ts';
import type { ModelRunner } from '../../main/inference/tensor.ts';
import type { PackFiles } from '../../main/pipeline/node.ts';

/** The product's own sessions in this process, for {@link tryNode}. */
export function openPackModels(
  packs: readonly Pack[],
  options: Omit<SessionsOptions, 'packs'> = { provider: 'cpu', threads: 1 },
): { readonly models: ModelRunner; readonly packs: PackFiles; release(): Promise<void> } {
  const sessions = openSessions({ packs, ...options });
  return {
    models: {
      run: async (model, feeds) => {
        modelOf(packs, model);
        return (await sessions.run(model, feeds)).outputs;
      },
      describe: (model) => sessions.describe(model),
    },
    packs: openPackFiles(packs),
    release: () => sessions.release(),
  };
}
