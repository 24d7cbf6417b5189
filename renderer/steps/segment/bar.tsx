import { Brush, Eraser, Layers, MousePointerClick, SquareDashedMousePointer } from 'lucide-react';
import { Slider } from 'radix-ui';
import type { ReactNode } from 'react';
import type { CommandId } from '../../../preload/commands.ts';
import { keysOf } from '../../commands/keys.ts';
import { runCommand } from '../../commands/registry.ts';
import { setView, type Tool, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { IconButton } from '../../ui/button.tsx';
import { formatShare } from '../../ui/format.ts';

const tools: readonly (readonly [Tool, CommandId, ReactNode])[] = [
  ['click', 'tool-click', <MousePointerClick key="i" aria-hidden />],
  ['box', 'tool-box', <SquareDashedMousePointer key="i" aria-hidden />],
  ['brush', 'tool-brush', <Brush key="i" aria-hidden />],
  ['eraser', 'tool-eraser', <Eraser key="i" aria-hidden />],
];

/** The mask step's tools, over the photo. */
export function SegmentBar() {
  const tool = useView((v) => v.tool);
  const overlay = useView((v) => v.overlay);
  return (
    <>
      {tools.map(([id, command, icon]) => (
        <IconButton
          key={id}
          label={t.segment.tools[id]}
          keys={keysOf(command)}
          aria-pressed={tool === id}
          onClick={() => runCommand(command)}
        >
          {icon}
        </IconButton>
      ))}
      {(tool === 'brush' || tool === 'eraser') && <BrushSettings />}
      <i className="toolbar-line" />
      <IconButton
        label={t.viewer.overlay}
        keys={keysOf('overlay')}
        aria-pressed={overlay}
        onClick={() => runCommand('overlay')}
      >
        <Layers aria-hidden />
      </IconButton>
    </>
  );
}

function BrushSettings() {
  const size = useView((v) => v.brushSize);
  const hardness = useView((v) => v.hardness);
  return (
    <>
      <div className="toolbar-size">
        {t.segment.size}
        <Small
          label={t.segment.size}
          value={Math.sqrt(size)}
          max={31.6}
          onChange={(v) => setView({ brushSize: Math.max(2, Math.round(v * v)) })}
        />
        <output>{size} px</output>
      </div>
      <div className="toolbar-size">
        {t.segment.hardness}
        <Small
          label={t.segment.hardness}
          value={hardness}
          max={1}
          onChange={(v) => setView({ hardness: v })}
        />
        <output>{formatShare(hardness)}</output>
      </div>
    </>
  );
}

interface SmallProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  onChange(value: number): void;
}

function Small({ label, value, max, onChange }: SmallProps) {
  return (
    <Slider.Root
      className="slider"
      value={[value]}
      min={0}
      max={max}
      step={max / 100}
      onValueChange={([v]) => onChange(v ?? 0)}
    >
      <Slider.Track className="slider-track">
        <Slider.Range className="slider-range" />
      </Slider.Track>
      <Slider.Thumb className="slider-thumb" aria-label={label} />
    </Slider.Root>
  );
}
