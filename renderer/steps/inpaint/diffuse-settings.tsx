import type { InpaintParams } from '../../../main/pipeline/stages/inpaint/params.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { useModel } from '../../state/model.ts';
import { commit, hold, useParams } from '../../state/params.ts';
import { t } from '../../strings.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { formatShare } from '../../ui/format.ts';
import { Picker } from '../../ui/picker.tsx';
import { SliderRow } from '../../ui/slider-row.tsx';
import { ProductDrop } from './piece-settings.tsx';

const words = t.inpaint;

type Numeric =
  | 'steps'
  | 'guidance'
  | 'strength'
  | 'controlScale'
  | 'controlStart'
  | 'controlEnd'
  | 'context'
  | 'detail'
  | 'referenceScale'
  | 'refine'
  | 'imageGuidance';

interface Range {
  readonly name: Numeric;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly share?: boolean;
  /** What a pack must serve for it to matter. */
  readonly needs?: string;
}

const main: readonly Range[] = [
  { name: 'steps', min: 1, max: 100, step: 1 },
  { name: 'guidance', min: 0, max: 20, step: 0.1 },
  { name: 'strength', min: 0, max: 1, step: 0.01, share: true },
  { name: 'controlScale', min: 0, max: 2, step: 0.01, needs: 'control:depth' },
  { name: 'referenceScale', min: 0, max: 2, step: 0.01, needs: 'reference' },
  { name: 'imageGuidance', min: 1, max: 10, step: 0.1, needs: 'picture' },
];
const more: readonly Range[] = [
  { name: 'controlStart', min: 0, max: 1, step: 0.01, share: true, needs: 'control:depth' },
  { name: 'controlEnd', min: 0, max: 1, step: 0.01, share: true, needs: 'control:depth' },
  { name: 'refine', min: 0.05, max: 1, step: 0.01, share: true, needs: 'refine' },
  { name: 'context', min: 0.05, max: 2, step: 0.01, share: true },
  { name: 'detail', min: 0, max: 1, step: 0.01, share: true },
];

/** Kinds of control that are drawn from the photo. */
const drawn = ['lineart', 'canny'] as const;

/** Parameters of a diffusion pack, as far as it has use for them. Nothing runs before the button is pressed. */
export function DiffuseSettings() {
  const params = useParams('inpaint');
  const serves = useModel((m) => m.app)?.packs.find(({ id }) => id === params.pack)?.serves ?? [];
  return (
    <>
      {serves.includes('reference') && (
        <Lockable params={['inpaint.product']}>
          <ProductDrop product={params.product} />
        </Lockable>
      )}
      {main
        .filter(({ needs }) => !needs || serves.includes(needs))
        .map((range) => (
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
        {drawn
          .filter((kind) => serves.includes(`control:${kind}`))
          .map((kind) => (
            <Lockable key={kind} params={['inpaint.controls']}>
              <ControlRow kind={kind} />
            </Lockable>
          ))}
        {more
          .filter(({ needs }) => !needs || serves.includes(needs))
          .map((range) => (
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

/** How strongly one more control is followed, which is drawn from the photo; 0 takes it out. */
function ControlRow({ kind }: { readonly kind: (typeof drawn)[number] }) {
  const { controls } = useParams('inpaint');
  const known = controls.find((control) => control.kind === kind);
  const value = known?.scale ?? 0;
  const change = (scale: number): Partial<InpaintParams> => {
    const others = controls.filter((control) => control !== known);
    const own = known ?? { kind, picture: null, scale, start: 0, end: 1 };
    return { controls: scale === 0 ? others : [...others, { ...own, scale }] };
  };
  return (
    <SliderRow
      label={words.controls[kind]}
      value={value}
      min={0}
      max={2}
      step={0.01}
      unit={1}
      text={value.toFixed(2)}
      onDraft={(next) => hold('inpaint', change(next))}
      onCommit={(next) => commit('inpaint', change(next), words.controls[kind])}
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
