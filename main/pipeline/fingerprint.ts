import { createHash } from 'node:crypto';
import type { PlannedNode } from './graph.ts';

/** Hashes of what lies outside the recipe. */
export interface Surroundings {
  /** SHA-256 of the source file's bytes. */
  readonly source: string;
  /** SHA-256 of a model's file. */
  modelHash(model: string): string;
  /** One hash over all pack files under `<pack>/<prefix>`. */
  filesHash(prefix: string): string;
}

/**
 * Identity of every node: SHA-256 over its kind and version, its parameters (those at default left out), its
 * models' and files' hashes, and its inputs' fingerprints. The execution provider is recorded, not hashed.
 * @param nodes in running order: inputs come before what reads them
 * @returns node key → lowercase hex
 */
export function fingerprintNodes(nodes: readonly PlannedNode[], around: Surroundings): Map<string, string> {
  const prints = new Map<string, string>();
  const inputPrint = (node: string, artifact: string): string => {
    const print = prints.get(node);
    if (!print) throw new TypeError(`Expected ${node} before what reads it`);
    return `${print}/${artifact}`;
  };
  for (const node of nodes) {
    const frame =
      node.frame.kind === 'source' ? around.source : inputPrint(node.frame.ref.node, node.frame.ref.artifact);
    const identity = {
      id: node.id,
      version: node.version,
      frame,
      params: node.identity,
      models: node.models.map((model) => around.modelHash(model)),
      files: node.files.map((prefix) => around.filesHash(prefix)),
      inputs: Object.fromEntries(
        Object.entries(node.inputs).map(([name, ref]) => [name, inputPrint(ref.node, ref.artifact)]),
      ),
    };
    prints.set(node.key, createHash('sha256').update(canonicalJson(identity)).digest('hex'));
  }
  return prints;
}

/** JSON with sorted keys, so that equal values give equal text. Rejects NaN and infinities. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`Expected a finite number but received ${value}`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
