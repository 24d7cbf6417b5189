/**
 * Climbs to a local maximum by steps along each free coordinate, halved when none helps (pattern search of Hooke and
 * Jeeves 1961, with its leap along the last gain). Needs no derivatives.
 * @param free indices of the coordinates that may change
 * @param steps first step of every coordinate, in its own unit
 */
export function climb(
  score: (vector: readonly number[]) => number,
  start: readonly number[],
  free: readonly number[],
  steps: readonly number[],
  halvings = 7,
): { readonly vector: readonly number[]; readonly score: number } {
  let best = [...start];
  let bestScore = score(best);
  let scale = 1;
  for (let halved = 0; halved < halvings; ) {
    const from = best;
    const fromScore = bestScore;
    for (const k of free) {
      for (const sign of [1, -1]) {
        const trial = [...best];
        trial[k]! += sign * scale * steps[k]!;
        const trialScore = score(trial);
        if (trialScore <= bestScore) continue;
        best = trial;
        bestScore = trialScore;
        break;
      }
    }
    if (bestScore <= fromScore + 1e-9) {
      scale /= 2;
      halved++;
      continue;
    }
    const leap = best.map((value, k) => 2 * value - from[k]!);
    const leapScore = score(leap);
    if (leapScore > bestScore) {
      best = leap;
      bestScore = leapScore;
    }
  }
  return { vector: best, score: bestScore };
}
