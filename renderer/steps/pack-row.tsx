import type { StageId } from '../../preload/contract.ts';
import { Lockable } from '../recipes/lockable.tsx';
import { useModel } from '../state/model.ts';
import { commit, type ParamsOf, useParams } from '../state/params.ts';
import { t } from '../strings.ts';
import { Picker } from '../ui/picker.tsx';

interface PackRowProps {
  readonly stage: Exclude<StageId, 'color' | 'inpaint'>;
  /** What a pack must serve to be offered. */
  readonly serves: string;
}

/** Which pack's models a stage runs; nothing to choose with the starter pack alone. */
export function PackRow({ stage, serves }: PackRowProps) {
  const packs = (useModel((m) => m.app)?.packs ?? []).filter((pack) => pack.serves.includes(serves));
  const { pack } = useParams(stage);
  if (packs.length < 2) return null;
  return (
    <Lockable params={[`${stage}.pack`]}>
      <div className="field">
        <span>{t.pack}</span>
        <Picker
          label={t.pack}
          value={pack}
          options={packs.map(({ id, title, licence }) => ({ value: id, label: title, detail: licence }))}
          onChange={(next) => commit(stage, { pack: next } as Partial<ParamsOf<typeof stage>>, t.packHistory)}
        />
      </div>
    </Lockable>
  );
}
