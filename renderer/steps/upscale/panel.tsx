import { keysOf } from '../../commands/keys.ts';
import { runCommand } from '../../commands/registry.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { commit, useParams } from '../../state/params.ts';
import { hasTarget, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { Picker } from '../../ui/picker.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { SliderRow } from '../../ui/slider-row.tsx';
import { PackRow } from '../pack-row.tsx';
import { Panel } from '../panel.tsx';
import { hasQuality, useDelivery } from './actions.ts';
import { PrintFields } from './print-fields.tsx';
import { Report } from './report.tsx';
import { deliveredSize, printOfWidth } from './size.ts';

const words = t.upscale;

/** Size, format and profile of what is delivered, and the report of what was. */
export function UpscalePanel() {
  const document = useDocument();
  const params = useParams('upscale');
  const { busy } = useDelivery();
  const { width, height } = deliveredSize(document.photo, params);
  const mode = params.print ? 'print' : (`${params.factor}` as const);
  const choose = (next: 'print' | '1' | '2' | '4') => {
    if (next === 'print') {
      const widthCm = Math.round(((document.photo.width * params.factor) / 300) * 2.54);
      commit('upscale', { print: printOfWidth(document.photo, widthCm, 300) }, words.history.print);
    } else {
      commit('upscale', { factor: Number(next) as 1 | 2 | 4, print: null }, words.history.factor);
    }
  };
  return (
    <Panel
      stage="upscale"
      text={words.text}
      foot={
        <Button
          look="primary"
          wide
          disabled={busy || !hasTarget(document)}
          onClick={() => runCommand('deliver')}
        >
          {busy ? words.delivering : words.deliver}
          <span className="key">{keysOf('deliver')}</span>
        </Button>
      }
    >
      <Lockable params={['upscale.factor', 'upscale.print']}>
        <Segmented
          label={words.size}
          value={mode}
          choices={[
            { value: '1', label: '1×' },
            { value: '2', label: '2×' },
            { value: '4', label: '4×' },
            { value: 'print', label: words.print },
          ]}
          onChange={choose}
        />
        {params.print && <PrintFields print={params.print} />}
      </Lockable>
      <div className="result-size">
        <b>{words.pixels(width, height)}</b>
        <span>{words.megapixels((width * height) / 1e6)}</span>
      </div>
      <Lockable params={['upscale.model']}>
        <div className="field">
          <span>{words.model}</span>
          <Picker
            label={words.model}
            value={params.model}
            options={words.models}
            onChange={(model) => commit('upscale', { model }, words.history.model)}
          />
        </div>
      </Lockable>
      <PackRow stage="upscale" serves="upscale" />
      <FileSettings />
      <Report />
    </Panel>
  );
}

function FileSettings() {
  const { photo } = useDocument();
  const { format, quality, profile } = useDelivery();
  return (
    <>
      <div className="field">
        <span>{words.format}</span>
        <Segmented
          label={words.format}
          value={format}
          choices={words.formats}
          onChange={(next) => useDelivery.setState({ format: next })}
        />
      </div>
      {hasQuality({ format }) && (
        <SliderRow
          label={words.quality}
          value={quality}
          min={50}
          max={100}
          step={1}
          text={String(quality)}
          onDraft={(next) => useDelivery.setState({ quality: next })}
          onCommit={(next) => useDelivery.setState({ quality: next })}
        />
      )}
      <div className="field">
        <span>{words.profile}</span>
        <Segmented
          label={words.profile}
          value={profile}
          choices={[
            { value: 'photo', label: photo.profile ?? words.photosProfile },
            { value: 'srgb', label: words.srgb },
          ]}
          onChange={(next) => useDelivery.setState({ profile: next })}
        />
      </div>
    </>
  );
}
