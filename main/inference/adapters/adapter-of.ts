import { RequestError } from '../../errors.ts';
import { type PackManifest } from '../pack-manifest.ts';
import { STARTER } from '../packs.ts';
import { stageOfKind } from './graphs.ts';
import type { Adapter } from './schema.ts';

type Stage = (typeof stageOfKind)[keyof typeof stageOfKind];

/** What the pack does in a stage. @throws RequestError where it serves another stage or none through this path */
export function adapterOf({ id, adapter }: PackManifest, stage: Stage): Adapter {
  if (adapter && stageOfKind[adapter.kind] === stage) return adapter;
  const serves = adapter ? `serves the stage ${stageOfKind[adapter.kind]}` : 'is not made for it';
  throw new RequestError(
    `The pack “${id}” cannot be used for ${stage}: it ${serves}`,
    `Choose another, or “${STARTER}”; “davenport packs list” says which pack serves which stage`,
  );
}
