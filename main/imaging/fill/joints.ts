import { isCoherent, type Transfer } from './transfer.ts';

/** Where the pieces of a fill meet each other and the known picture. All indices are of the transfer's rectangle. */
export interface Joints {
  /** Pairs p, q of neighbours in the hole, of one surface, that are copied from different pieces. */
  readonly seams: Int32Array;
  /** Pairs of a hole pixel and the crop pixel beside it that is known and must be met. */
  readonly rim: Int32Array;
}

/**
 * Finds the joints of a transfer into a crop `cropWidth × cropHeight`.
 * @param holds one byte per crop pixel, not 0 for known pixels the fill must meet
 */
export function findJoints(
  transfer: Transfer,
  holds: Uint8Array,
  cropWidth: number,
  cropHeight: number,
): Joints {
  const { rect, inside, cell } = transfer;
  const { width, height } = rect;
  const seams = createList();
  const rim = createList();
  const meet = (i: number, x: number, y: number): void => {
    if (x < 0 || y < 0 || x >= cropWidth || y >= cropHeight || holds[y * cropWidth + x] === 0) return;
    rim.push(i);
    rim.push(y * cropWidth + x);
  };
  for (let y = 0, i = 0; y < height; y++) {
    const cy = rect.y + y;
    for (let x = 0; x < width; x++, i++) {
      if (!inside[i]) continue;
      const cx = rect.x + x;
      if (x === 0 || !inside[i - 1]) meet(i, cx - 1, cy);
      if (y === 0 || !inside[i - width]) meet(i, cx, cy - 1);
      if (x === width - 1 || !inside[i + 1]) meet(i, cx + 1, cy);
      else if (inside[i + 1] === inside[i] && !isCoherent(transfer, cell[i]!, cell[i + 1]!)) {
        seams.push(i);
        seams.push(i + 1);
      }
      if (y === height - 1 || !inside[i + width]) meet(i, cx, cy + 1);
      else if (inside[i + width] === inside[i] && !isCoherent(transfer, cell[i]!, cell[i + width]!)) {
        seams.push(i);
        seams.push(i + width);
      }
    }
  }
  return { seams: seams.take(), rim: rim.take() };
}

/** A growing list of whole numbers without a boxed array of millions. */
function createList(): { push(value: number): void; take(): Int32Array } {
  let values = new Int32Array(1 << 14);
  let length = 0;
  return {
    push: (value) => {
      if (length === values.length) {
        const more = new Int32Array(2 * length);
        more.set(values);
        values = more;
      }
      values[length++] = value;
    },
    take: () => values.subarray(0, length),
  };
}
