import type { NodeRun, StageNodes } from '../pipeline/node.ts';

/** Each stage's nodes, loaded when one of them first runs. */
const stages: Readonly<Record<string, () => Promise<StageNodes>>> = {
  segment: async () => (await import('../pipeline/stages/segment/run.ts')).segmentNodes,
  depth: async () => (await import('../pipeline/stages/depth/run.ts')).depthNodes,
  inpaint: async () => (await import('../pipeline/stages/inpaint/run.ts')).inpaintNodes,
  color: async () => (await import('../pipeline/stages/color/run.ts')).colorNodes,
  upscale: async () => (await import('../pipeline/stages/upscale/run.ts')).upscaleNodes,
};

/** The implementation of a node id, e.g. `segment.mask`. @throws TypeError for one that no stage has */
export async function findNode(id: string, modules: readonly string[] = []): Promise<NodeRun> {
  for (const url of modules) {
    const found = ((await import(url)) as { nodes: StageNodes }).nodes[id];
    if (found) return found;
  }
  const found = (await stages[id.split('.')[0] ?? '']?.())?.[id];
  if (!found) throw new TypeError(`Expected the id of a node but received ${id}`);
  return found;
}
