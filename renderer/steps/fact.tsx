/** A name and its value in a card. */
export function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="kv">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
