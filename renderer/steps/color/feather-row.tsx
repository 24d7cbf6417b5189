import { commitColors, draftColors, useParams } from '../../state/params.ts';
import { metricOf, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { SliderRow } from '../../ui/slider-row.tsx';

/** Width of the soft border. It belongs to the color stage and is seen best on the mask: both steps show it. */
export function FeatherRow() {
  const document = useDocument();
  const { feather } = useParams('color');
  const { width, height } = document.photo;
  const auto =
    metricOf(document, 'color.alpha/alpha', 'feather') ?? Math.round(0.0015 * Math.hypot(width, height));
  const value = feather === 'auto' ? auto : feather;
  const most = Math.min(500, Math.max(40, Math.round(Math.hypot(width, height) * 0.02)));
  return (
    <SliderRow
      label={t.color.feather}
      value={value}
      min={0}
      max={most}
      step={1}
      curve={2}
      text={`${Math.round(value)} px`}
      auto={{
        on: feather === 'auto',
        set: () => commitColors({ feather: 'auto' }, t.color.history.feather),
      }}
      onDraft={(next) => draftColors({ feather: next }, t.color.history.feather)}
      onCommit={(next) => commitColors({ feather: next }, t.color.history.feather)}
    />
  );
}
