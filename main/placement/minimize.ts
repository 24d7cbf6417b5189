/**
 * Minimises a function without derivatives (Nelder and Mead, A Simplex Method for Function Minimization, 1965).
 * Deterministic.
 * @param steps size of the first simplex along each axis
 * @param evaluations how often `cost` may be called
 */
export function minimize(
  cost: (x: Float64Array) => number,
  start: readonly number[],
  steps: readonly number[],
  evaluations: number,
): { readonly x: Float64Array; readonly cost: number } {
  const n = start.length;
  const simplex = Array.from({ length: n + 1 }, (_, k) => {
    const x = Float64Array.from(start);
    if (k > 0) x[k - 1]! += steps[k - 1]!;
    return { x, cost: cost(x) };
  });
  const centre = new Float64Array(n);
  const along = (factor: number, worst: Float64Array) => {
    const x = centre.map((c, i) => c + factor * (worst[i]! - c));
    return { x, cost: cost(x) };
  };
  for (let used = n + 1; used < evaluations; ) {
    simplex.sort((a, b) => a.cost - b.cost);
    const worst = simplex[n]!;
    const spread = worst.cost - simplex[0]!.cost;
    if (spread < 1e-7 * (1 + Math.abs(worst.cost))) break;
    centre.fill(0);
    for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) centre[i]! += simplex[k]!.x[i]! / n;
    const reflected = along(-1, worst.x);
    used++;
    if (reflected.cost < simplex[0]!.cost) {
      const expanded = along(-2, worst.x);
      used++;
      simplex[n] = expanded.cost < reflected.cost ? expanded : reflected;
    } else if (reflected.cost < simplex[n - 1]!.cost) {
      simplex[n] = reflected;
    } else {
      const contracted = along(reflected.cost < worst.cost ? -0.5 : 0.5, worst.x);
      used++;
      if (contracted.cost < Math.min(worst.cost, reflected.cost)) simplex[n] = contracted;
      else {
        const best = simplex[0]!.x;
        for (let k = 1; k <= n; k++) {
          const x = simplex[k]!.x.map((v, i) => best[i]! + 0.5 * (v - best[i]!));
          simplex[k] = { x, cost: cost(x) };
        }
        used += n;
      }
    }
  }
  simplex.sort((a, b) => a.cost - b.cost);
  return simplex[0]!;
}
