/** A name and its value in a card, with a dot where the value is good or bad. */
export function Fact({ name, value, dot }: FactProps) {
  return (
    <div className="kv">
      <dt>
        {dot && <i className="dot" data-state={dot} />}
        {name}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly dot?: 'good' | 'bad';
}
