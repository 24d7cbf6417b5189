import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

interface ValueFieldProps {
  readonly label: string;
  readonly value: number;
  /** What stands there while nobody types. */
  readonly text: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** What is typed is divided by this: 100 for percentages. */
  readonly unit?: number;
  readonly className?: string;
  onChange(value: number): void;
}

/** A number that can be typed, or moved by the arrow keys; Escape gives the old one back. */
export function ValueField({
  label,
  value,
  text,
  min,
  max,
  step,
  unit = 1,
  className,
  onChange,
}: ValueFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (typed !== null) field.current?.select();
    // Selecting again while typing would eat what was typed.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [typed === null]);

  const clamp = (n: number) => Math.min(max, Math.max(min, n));
  const take = () => {
    const parsed = Number.parseFloat((typed ?? '').replace(',', '.'));
    setTyped(null);
    if (Number.isFinite(parsed)) onChange(clamp(parsed / unit));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const up = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (up !== 0) {
      event.preventDefault();
      setTyped(null);
      onChange(clamp(value + up * step * (event.shiftKey ? 10 : 1)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      take();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      setTyped(null);
      field.current?.blur();
    }
  };
  return (
    <input
      ref={field}
      className={className ?? 'value'}
      inputMode="decimal"
      aria-label={label}
      value={typed ?? text}
      onFocus={() => setTyped(String(Math.round(value * unit * 100) / 100))}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => typed !== null && take()}
      onKeyDown={onKeyDown}
    />
  );
}
