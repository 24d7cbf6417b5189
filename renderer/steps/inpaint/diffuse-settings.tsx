import type { InpaintParams } from '../../../main/pipeline/stages/inpaint/params.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { commit, hold, useParams } from '../../state/params.ts';
import { t } from '../../strings.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { formatShare } from '../../ui/format.ts';
import { Picker } from '../../ui/picker.tsx';
import { SliderRow } from '../../ui/slider-row.tsx';

const words = t.inpaint;

type Numeric =
  | 'steps'
  | 'guidance'
  | 'strength'
  | 'controlScale'
  | 'controlStart'
  | 'controlEnd'
  | 'context'
  | 'detail';

interface Range {
  readonly name: Numeric;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly share?: boolean;
}

const main: readonly Range[] = [
  { name: 'steps', min: 1, max: 100, step: 1 },
  { name: 'guidance', min: 0, max: 20, step: 0.1 },
  { name: 'strength', min: 0, max: 1, step: 0.01, share: true },
  { name: 'controlScale', min: 0, max: 2, step: 0.01 },
];
const more: readonly Range[] = [
  { name: 'controlStart', min: 0, max: 1, step: 0.01, share: true },
  { name: 'controlEnd', min: 0, max: 1, step: 0.01, share: true },
  { name: 'context', min: 0.05, max: 2, step: 0.01, share: true },
  { name: 'detail', min: 0, max: 1, step: 0.01, share: true },
];

/** Parameters of a diffusion pack. Nothing runs before the button is pressed. */
export function DiffuseSettings() {
  const params = useParams('inpaint');
  return (
    <>
      {main.map((range) => (
        <Lockable key={range.name} params={[`inpaint.${range.name}`]}>
          <Row range={range} />
        </Lockable>
      ))}
      <Disclosure title={words.more}>
        <Lockable params={['inpaint.scheduler']}>
          <div className="field">
            <span>{words.scheduler}</span>
            <Picker
              label={words.scheduler}
              value={params.scheduler}
              options={words.schedulers}
              onChange={(scheduler) => commit('inpaint', { scheduler }, words.history.scheduler)}
            />
          </div>
        </Lockable>
        {more.map((range) => (
          <Lockable key={range.name} params={[`inpaint.${range.name}`]}>
            <Row range={range} />
          </Lockable>
        ))}
        <Lockable params={['inpaint.negative']}>
          <Negative />
        </Lockable>
      </Disclosure>
    </>
  );
}

function Row({ range }: { readonly range: Range }) {
  const params = useParams('inpaint');
  const { name, min, max, step, share = false } = range;
  const value = params[name];
  const change = (next: number): Partial<InpaintParams> => ({ [name]: next });
  return (
    <SliderRow
      label={words.numbers[name]}
      value={value}
      min={min}
      max={max}
      step={step}
      unit={share ? 100 : 1}
      text={share ? formatShare(value) : step < 1 ? value.toFixed(step < 0.1 ? 2 : 1) : String(value)}
      onDraft={(next) => hold('inpaint', change(next))}
      onCommit={(next) => commit('inpaint', change(next), words.numbers[name])}
    />
  );
}

function Negative() {
  const { negative } = useParams('inpaint');
  return (
    <label className="field">
      <span>{words.negative}</span>
      <textarea
        key={negative}
        className="input"
        rows={2}
        maxLength={2000}
        defaultValue={negative}
        onBlur={(event) => {
          if (event.target.value !== negative)
            commit('inpaint', { negative: event.target.value }, words.history.negative);
        }}
      />
    </label>
  );
}
