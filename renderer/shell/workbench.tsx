import type { ReactNode } from 'react';
import type { StageId } from '../../preload/contract.ts';
import { ClickBar } from '../batch/click-bar.tsx';
import { Drawer } from '../drawer/drawer.tsx';
import { useView } from '../state/view.ts';
import { ColorOverlay } from '../steps/color/overlay.tsx';
import { ColorBar, ColorPanel } from '../steps/color/panel.tsx';
import { DepthBar } from '../steps/depth/bar.tsx';
import { DepthOverlay } from '../steps/depth/overlay.tsx';
import { DepthPanel } from '../steps/depth/panel.tsx';
import { InpaintOverlay } from '../steps/inpaint/overlay.tsx';
import { InpaintPanel } from '../steps/inpaint/panel.tsx';
import { SegmentBar } from '../steps/segment/bar.tsx';
import { SegmentOverlay } from '../steps/segment/overlay.tsx';
import { SegmentPanel } from '../steps/segment/panel.tsx';
import { UpscalePanel } from '../steps/upscale/panel.tsx';
import { Viewer } from '../viewer/viewer.tsx';
import { NoticeBar } from './notice-bar.tsx';
import { Rail } from './rail.tsx';
import { RunChip } from './run-chip.tsx';
import { TopBar } from './top-bar.tsx';

interface Step {
  readonly bar: ReactNode;
  readonly overlay: ReactNode;
  readonly panel: ReactNode;
}

const steps: Readonly<Record<StageId, Step>> = {
  segment: { bar: <SegmentBar />, overlay: <SegmentOverlay />, panel: <SegmentPanel /> },
  depth: { bar: <DepthBar />, overlay: <DepthOverlay />, panel: <DepthPanel /> },
  inpaint: { bar: null, overlay: <InpaintOverlay />, panel: <InpaintPanel /> },
  color: { bar: <ColorBar />, overlay: <ColorOverlay />, panel: <ColorPanel /> },
  upscale: { bar: null, overlay: null, panel: <UpscalePanel /> },
};

/** The window with a project open. */
export function Workbench() {
  const step = useView((v) => v.step);
  const drawer = useView((v) => v.drawer);
  // While an intermediate is looked at, what belongs to the step's own picture would lie over the wrong one.
  const looking = useView((v) => v.picked.length > 0);
  const { bar, overlay, panel } = steps[step];
  return (
    <div className="workbench" data-drawer={drawer}>
      <TopBar />
      <Rail />
      <div className="middle">
        <ClickBar />
        <NoticeBar />
        <Viewer bar={bar} overlay={looking ? null : overlay} />
        <RunChip />
      </div>
      <aside className="inspector" key={step}>
        {panel}
      </aside>
      {drawer && <Drawer />}
    </div>
  );
}
