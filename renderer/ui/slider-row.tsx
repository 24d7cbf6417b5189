import { Slider } from 'radix-ui';
import { useRef } from 'react';
import { t } from '../strings.ts';
import { ValueField } from './value-field.tsx';

interface SliderRowProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly text: string;
  /** See {@link ValueField}. */
  readonly unit?: number;
  /** Larger than 1: the lower end gets more of the slider's way. */
  readonly curve?: number;
  /** Set where the program can choose the value itself. */
  readonly auto?: { readonly on: boolean; set(): void };
  readonly disabled?: boolean;
  /** While it moves. */
  onDraft(value: number): void;
  /** When it is let go, stepped by a key or typed. */
  onCommit(value: number): void;
}

/** Label, slider and value in one line. A double click on the label goes back to automatic. */
export function SliderRow(props: SliderRowProps) {
  const { label, value, min, max, step, text, unit = 1, curve = 1, auto, disabled = false } = props;
  const way = 1000;
  const toWay = (v: number) => way * (Math.max(0, v - min) / (max - min)) ** (1 / curve);
  const toValue = (w: number) => {
    const raw = min + (max - min) * (w / way) ** curve;
    return Number((Math.round(raw / step) * step).toFixed(6));
  };
  const last = useRef(value);
  return (
    <div className="row" data-auto={auto?.on ?? false}>
      <span className="row-label" onDoubleClick={() => auto?.set()}>
        {label}
        {auto && (
          <button type="button" className="auto" aria-pressed={auto.on} onClick={() => auto.set()}>
            {t.auto}
          </button>
        )}
      </span>
      <Slider.Root
        className="slider"
        value={[toWay(value)]}
        min={0}
        max={way}
        step={curve === 1 ? (way * step) / (max - min) : 1}
        disabled={disabled}
        onValueChange={([w]) => {
          last.current = toValue(w ?? 0);
          if (last.current !== value) props.onDraft(last.current);
        }}
        onValueCommit={([w]) => props.onCommit(toValue(w ?? 0))}
      >
        <Slider.Track className="slider-track">
          <Slider.Range className="slider-range" />
        </Slider.Track>
        <Slider.Thumb className="slider-thumb" aria-label={label} aria-valuetext={text} />
      </Slider.Root>
      <ValueField {...{ label, value, text, min, max, step, unit }} onChange={props.onCommit} />
    </div>
  );
}
