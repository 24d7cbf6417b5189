interface ProgressProps {
  readonly label: string;
  /** 0–1; null where it cannot be known. */
  readonly value: number | null;
}

export function Progress({ label, value }: ProgressProps) {
  const unknown = value === null;
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={unknown ? undefined : Math.round(value * 100)}
      data-unknown={unknown || undefined}
    >
      <i style={unknown ? undefined : { transform: `scaleX(${Math.max(0.01, value)})` }} />
    </div>
  );
}
