/**
 * Distance of every pixel from the nearest one where `from` is not 0, in pixels: a 3-4 chamfer (Borgefors, 1986; at
 * most 8 % off). Where there is none it is 1e6.
 */
export function measureDistance(from: Uint8Array, width: number, height: number): Float32Array {
  const distance = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) distance[i] = from[i] === 0 ? 1e6 : 0;
  const diagonal = 4 / 3;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let least = distance[i]!;
      if (least === 0) continue;
      if (x > 0) least = Math.min(least, distance[i - 1]! + 1);
      if (y > 0) {
        least = Math.min(least, distance[i - width]! + 1);
        if (x > 0) least = Math.min(least, distance[i - width - 1]! + diagonal);
        if (x < width - 1) least = Math.min(least, distance[i - width + 1]! + diagonal);
      }
      distance[i] = least;
    }
  }
  for (let y = height - 1, i = distance.length - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      let least = distance[i]!;
      if (least === 0) continue;
      if (x < width - 1) least = Math.min(least, distance[i + 1]! + 1);
      if (y < height - 1) {
        least = Math.min(least, distance[i + width]! + 1);
        if (x < width - 1) least = Math.min(least, distance[i + width + 1]! + diagonal);
        if (x > 0) least = Math.min(least, distance[i + width - 1]! + diagonal);
      }
      distance[i] = least;
    }
  }
  return distance;
}
