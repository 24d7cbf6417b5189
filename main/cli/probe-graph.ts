import { startEngine } from '../engine/supervisor.ts';
import type { GraphProbe } from '../inference/install/install.ts';

/** Looks at graphs in the models process, on the CPU: this one never loads onnxruntime. */
export const probeGraph: GraphProbe = async (folder, model) => {
  const engine = startEngine({ packs: [folder], provider: 'cpu', preset: 'low' });
  try {
    return await engine.describeModel(model);
  } finally {
    await engine.close();
  }
};
