import { Grid3x3 } from 'lucide-react';
import { setView, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { IconButton } from '../../ui/button.tsx';
import { Segmented } from '../../ui/segmented.tsx';

export function DepthBar() {
  const shown = useView((v) => v.depthShown);
  const grid = useView((v) => v.grid);
  return (
    <>
      <Segmented
        label={t.depth.show}
        value={shown}
        choices={[
          { value: 'photo', label: t.viewer.photo },
          { value: 'map', label: t.viewer.depth },
        ]}
        onChange={(depthShown) => setView({ depthShown })}
      />
      <IconButton label={t.depth.grid} aria-pressed={grid} onClick={() => setView({ grid: !grid })}>
        <Grid3x3 aria-hidden />
      </IconButton>
      <i className="toolbar-line" />
    </>
  );
}
