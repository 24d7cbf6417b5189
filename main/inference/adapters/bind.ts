import { MachineError } from '../../errors.ts';
import type { ModelId, TensorInfo } from '../tensor.ts';
import { adapterGraphs, type GraphRoles, type TensorRole } from './graphs.ts';
import type { AdapterKind } from './schema.ts';

/** What a session declares. */
export interface GraphInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** The graph's own tensors by the part each plays; undefined where it has none (optional parts only). */
export interface Bound {
  readonly inputs: Readonly<Record<string, TensorInfo | undefined>>;
  readonly outputs: Readonly<Record<string, TensorInfo | undefined>>;
}

/**
 * Finds a published graph's tensors in what its session declares: by name, else the first of the same type and shape
 * that nothing else claimed, in the published order.
 * @throws MachineError that names the tensor that is missing, that does not fit, or that nobody would feed
 */
export function bindGraph(kind: AdapterKind, model: ModelId, graph: GraphInfo): Bound {
  const roles = adapterGraphs[kind][model.slice(model.indexOf('/') + 1)];
  if (!roles) throw new TypeError(`Expected a model of ${kind} but received ${model}`);
  const inputs = bindSide(model, 'input', roles.inputs, graph.inputs);
  const claimed = new Set(Object.values(inputs).map((info) => info?.name));
  const unfed = graph.inputs.find(({ name }) => !claimed.has(name));
  if (unfed)
    throw unfit(model, `it wants an input “${unfed.name}” that packs of the kind ${kind} do not have`);
  return { inputs, outputs: bindSide(model, 'output', roles.outputs, graph.outputs) };
}

/** {@link bindGraph} where the model is what the caller's own code feeds: every required part is there. */
export function boundName(side: Bound['inputs'], role: string): string {
  const info = side[role];
  if (!info) throw new TypeError(`Expected the part ${role} of a bound graph but it has none`);
  return info.name;
}

/** The kind whose graphs are named like these: `encoder` with its `decoder`, or one graph by itself; null where none. */
export function recogniseKind(graphs: Readonly<Record<string, GraphInfo>>): AdapterKind | null {
  const fits = (roles: Readonly<Record<string, GraphRoles>>) =>
    Object.keys(roles).length === Object.keys(graphs).length &&
    Object.entries(roles).every(([name, role]) => {
      const graph = graphs[name];
      return (
        graph !== undefined &&
        isNamedAlike(role.inputs, graph.inputs) &&
        graph.inputs.every(({ name }) =>
          Object.values(role.inputs).some(({ names }) => names.includes(name)),
        ) &&
        isNamedAlike(role.outputs, graph.outputs)
      );
    });
  const found = Object.entries(adapterGraphs).find(([, roles]) => fits(roles));
  return (found?.[0] as AdapterKind | undefined) ?? null;
}

function isNamedAlike(roles: GraphRoles['inputs'], infos: readonly TensorInfo[]): boolean {
  return Object.values(roles).every(
    (role) => role.optional || infos.some((info) => role.names.includes(info.name) && fitsShape(role, info)),
  );
}

function bindSide(
  model: ModelId,
  side: 'input' | 'output',
  roles: Readonly<Record<string, TensorRole>>,
  infos: readonly TensorInfo[],
): Record<string, TensorInfo | undefined> {
  const bound: Record<string, TensorInfo | undefined> = {};
  const claimed = new Set<string>();
  for (const [part, role] of Object.entries(roles)) {
    const info = infos.find(({ name }) => role.names.includes(name));
    if (!info) continue;
    if (!fitsShape(role, info)) throw unfit(model, describeMisfit(side, role, info));
    bound[part] = info;
    claimed.add(info.name);
  }
  for (const [part, role] of Object.entries(roles)) {
    if (bound[part] || role.optional) continue;
    const info = infos.find((candidate) => !claimed.has(candidate.name) && fitsShape(role, candidate));
    if (!info) {
      const has = infos.map(({ name }) => name).join(', ') || 'none';
      throw unfit(model, `it has no ${side} “${role.names[0]}” (its ${side}s: ${has})`);
    }
    bound[part] = info;
    claimed.add(info.name);
  }
  return bound;
}

function fitsShape({ type, dims }: TensorRole, info: TensorInfo): boolean {
  return (
    info.type === type &&
    info.dims.length === dims.length &&
    dims.every((d, i) => d < 0 || info.dims[i]! < 0 || info.dims[i] === d)
  );
}

function describeMisfit(side: string, role: TensorRole, { name, type, dims }: TensorInfo): string {
  return `its ${side} “${name}” is ${type} ${formatDims(dims)} in place of ${role.type} ${formatDims(role.dims)}`;
}

function formatDims(dims: readonly number[]): string {
  return `[${dims.map((d) => (d < 0 ? '?' : d)).join(',')}]`;
}

function unfit(model: ModelId, why: string): MachineError {
  const pack = model.slice(0, model.indexOf('/'));
  return new MachineError(
    `The model ${model} does not fit: ${why}`,
    `Remove the pack “${pack}” and install another variant of it; “davenport packs list --all” has those that fit`,
  );
}
