/** Neighbour directions: E, SE, S, SW, W, NW, N, NE; the opposite of d is (d + 4) & 7. */
const STEP_X = [1, 1, 0, -1, -1, -1, 0, 1] as const;
const STEP_Y = [0, 1, 1, 1, 0, -1, -1, -1] as const;

const TERMINAL = 8;
const ORPHAN = 9;
const NONE = 10;

const FREE = 0;
const SOURCE = 1;
const SINK = 2;

/**
 * Divides a grid in two at least cost (Boykov and Kolmogorov: An Experimental Comparison of Min-Cut/Max-Flow
 * Algorithms, 2004, with their timestamps and distances).
 * @param preference per pixel, integers: positive for label 1, negative for label 0; the size is what it costs to differ
 * @param links four planes of non-negative integers, one per pixel: the cost of cutting its link to E, SE, S, SW
 * @returns 1 or 0 per pixel; pixels that no flow decides get 0
 */
export function cutGrid(
  width: number,
  height: number,
  preference: Int32Array,
  links: readonly [Int32Array, Int32Array, Int32Array, Int32Array],
): Uint8Array {
  const flow = new GridFlow(width, height, preference, links);
  flow.solve();
  return flow.labels();
}

function allocate(nodes: number) {
  return {
    nodes,
    capacity: new Int32Array(nodes * 8),
    terminal: new Int32Array(nodes),
    tree: new Uint8Array(nodes),
    parent: new Uint8Array(nodes),
    stamp: new Int32Array(nodes),
    distance: new Int32Array(nodes),
    queued: new Uint8Array(nodes),
    queue: new Int32Array(nodes),
  };
}

let kept: ReturnType<typeof allocate> | undefined;
/** Grids up to this many nodes leave their memory to the next of the same size: one picture is cut many times. */
const KEPT_NODES = 400_000;

function memoryFor(nodes: number): ReturnType<typeof allocate> {
  if (kept?.nodes === nodes) return kept;
  const memory = allocate(nodes);
  kept = nodes <= KEPT_NODES ? memory : undefined;
  return memory;
}

/** The residual graph, padded by a ring of pixels without links so that no neighbour needs a bounds check. */
class GridFlow {
  private readonly width: number;
  private readonly height: number;
  private readonly stride: number;
  private readonly offsets: Int32Array;
  private readonly capacity: Int32Array;
  private readonly terminal: Int32Array;
  private readonly tree: Uint8Array;
  private readonly parent: Uint8Array;
  private readonly stamp: Int32Array;
  private readonly distance: Int32Array;
  private readonly queued: Uint8Array;
  /** Ring buffer of active nodes; each is in it once at most. */
  private readonly queue: Int32Array;
  private head = 0;
  private length = 0;
  private readonly orphans: number[] = [];
  private time = 0;

  constructor(
    width: number,
    height: number,
    preference: Int32Array,
    links: readonly [Int32Array, Int32Array, Int32Array, Int32Array],
  ) {
    this.width = width;
    this.height = height;
    this.stride = width + 2;
    const nodes = this.stride * (height + 2);
    this.offsets = Int32Array.from({ length: 8 }, (_, d) => STEP_Y[d]! * this.stride + STEP_X[d]!);
    const memory = memoryFor(nodes);
    this.capacity = memory.capacity.fill(0);
    this.terminal = memory.terminal.fill(0);
    this.tree = memory.tree.fill(FREE);
    this.parent = memory.parent.fill(NONE);
    this.stamp = memory.stamp.fill(0);
    this.distance = memory.distance.fill(0);
    this.queued = memory.queued.fill(0);
    this.queue = memory.queue;
    for (let d = 0; d < 4; d++) this.addLinks(d, links[d]!);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0, node = (y + 1) * this.stride + 1; x < width; x++, i++, node++) {
        this.addTerminal(node, preference[i]!);
      }
    }
  }

  /** Links of one direction, both ways; those that leave the grid are left out. */
  private addLinks(d: number, costs: Int32Array): void {
    const { width, height, stride, capacity } = this;
    const offset = this.offsets[d]!;
    const [right, down] = [STEP_X[d]!, STEP_Y[d]!];
    const first = right < 0 ? 1 : 0;
    const last = right > 0 ? width - 1 : width;
    for (let y = 0; y < height - down; y++) {
      for (let x = first; x < last; x++) {
        const node = (y + 1) * stride + x + 1;
        const cost = costs[y * width + x]!;
        capacity[node * 8 + d] = cost;
        capacity[(node + offset) * 8 + d + 4] = cost;
      }
    }
  }

  private addTerminal(node: number, preference: number): void {
    this.terminal[node] = preference;
    if (preference === 0) return;
    this.tree[node] = preference > 0 ? SOURCE : SINK;
    this.parent[node] = TERMINAL;
    this.distance[node] = 1;
    this.activate(node);
  }

  labels(): Uint8Array {
    const labels = new Uint8Array(this.width * this.height);
    for (let y = 0, i = 0; y < this.height; y++) {
      for (let x = 0, node = (y + 1) * this.stride + 1; x < this.width; x++, i++, node++) {
        labels[i] = this.tree[node] === SOURCE ? 1 : 0;
      }
    }
    return labels;
  }

  solve(): void {
    while (this.length > 0) {
      const node = this.queue[this.head]!;
      if (this.tree[node] === FREE) {
        this.retire(node);
        continue;
      }
      const found = this.grow(node);
      if (found < 0) {
        this.retire(node);
        continue;
      }
      this.time++;
      this.augment(node, found);
      this.adopt();
    }
  }

  private activate(node: number): void {
    if (this.queued[node]) return;
    this.queued[node] = 1;
    this.queue[(this.head + this.length) % this.queue.length] = node;
    this.length++;
  }

  /** Takes the front of the queue away. */
  private retire(node: number): void {
    this.queued[node] = 0;
    this.head = (this.head + 1) % this.queue.length;
    this.length--;
  }

  /** Residual capacity of the link from `node` in direction `d` as seen along the flow of the node's tree. */
  private residual(node: number, d: number, tree: number): number {
    return tree === SOURCE
      ? this.capacity[node * 8 + d]!
      : this.capacity[(node + this.offsets[d]!) * 8 + ((d + 4) & 7)]!;
  }

  /** Adds free neighbours to the node's tree; the direction in which it touches the other tree, or −1. */
  private grow(node: number): number {
    const { tree, parent, stamp, distance, offsets } = this;
    const own = tree[node]!;
    for (let d = 0; d < 8; d++) {
      if (this.residual(node, d, own) === 0) continue;
      const other = node + offsets[d]!;
      const label = tree[other]!;
      if (label === FREE) {
        tree[other] = own;
        parent[other] = (d + 4) & 7;
        stamp[other] = stamp[node]!;
        distance[other] = distance[node]! + 1;
        this.activate(other);
      } else if (label !== own) {
        return d;
      } else if (stamp[other]! <= stamp[node]! && distance[other]! > distance[node]! + 1) {
        // A shorter way to the terminal.
        parent[other] = (d + 4) & 7;
        stamp[other] = stamp[node]!;
        distance[other] = distance[node]! + 1;
      }
    }
    return -1;
  }

  /** Sends what fits along the path that crosses from `node` in direction `d`. */
  private augment(node: number, d: number): void {
    const across = node + this.offsets[d]!;
    const back = (d + 4) & 7;
    const forward = this.tree[node] === SOURCE;
    const from = forward ? node : across;
    const to = forward ? across : node;
    const bridge = forward ? node * 8 + d : across * 8 + back;
    const reverse = forward ? across * 8 + back : node * 8 + d;
    const amount = Math.min(this.capacity[bridge]!, this.bottleneck(from), this.bottleneck(to));
    this.capacity[bridge]! -= amount;
    this.capacity[reverse]! += amount;
    this.push(from, amount);
    this.push(to, amount);
  }

  /** The least residual between a node and its terminal. */
  private bottleneck(start: number): number {
    const tree = this.tree[start]!;
    let least = Infinity;
    let node = start;
    for (let d = this.parent[node]!; d !== TERMINAL; d = this.parent[node]!) {
      const up = node + this.offsets[d]!;
      const left = tree === SOURCE ? this.capacity[up * 8 + ((d + 4) & 7)]! : this.capacity[node * 8 + d]!;
      if (left < least) least = left;
      node = up;
    }
    return Math.min(least, Math.abs(this.terminal[node]!));
  }

  /** Sends `amount` between a node and its terminal; links it fills make orphans. */
  private push(start: number, amount: number): void {
    const { capacity } = this;
    const source = this.tree[start] === SOURCE;
    let node = start;
    for (let d = this.parent[node]!; d !== TERMINAL; d = this.parent[node]!) {
      const up = node + this.offsets[d]!;
      const down = up * 8 + ((d + 4) & 7);
      const used = source ? down : node * 8 + d;
      const freed = source ? node * 8 + d : down;
      capacity[freed]! += amount;
      capacity[used]! -= amount;
      if (capacity[used] === 0) this.orphan(node);
      node = up;
    }
    this.terminal[node]! += source ? -amount : amount;
    if (this.terminal[node] === 0) this.orphan(node);
  }

  private orphan(node: number): void {
    this.parent[node] = ORPHAN;
    this.orphans.push(node);
  }

  private adopt(): void {
    for (let node = this.orphans.pop(); node !== undefined; node = this.orphans.pop()) this.adoptOne(node);
  }

  /** Finds the orphan a parent of its own tree that still reaches the terminal, or sets it free. */
  private adoptOne(node: number): void {
    const { tree, parent, offsets, stamp, distance } = this;
    const own = tree[node]!;
    let best = NONE;
    let shortest = Infinity;
    for (let d = 0; d < 8; d++) {
      const other = node + offsets[d]!;
      if (tree[other] !== own || parent[other]! >= ORPHAN) continue;
      const left = own === SOURCE ? this.capacity[other * 8 + ((d + 4) & 7)]! : this.capacity[node * 8 + d]!;
      if (left === 0) continue;
      const length = this.reach(other);
      if (length < shortest) {
        shortest = length;
        best = d;
      }
    }
    if (best !== NONE) {
      parent[node] = best;
      stamp[node] = this.time;
      distance[node] = shortest + 1;
      return;
    }
    for (let d = 0; d < 8; d++) {
      const other = node + offsets[d]!;
      if (tree[other] !== own) continue;
      const left = own === SOURCE ? this.capacity[other * 8 + ((d + 4) & 7)]! : this.capacity[node * 8 + d]!;
      if (left > 0) this.activate(other);
      if (parent[other] === ((d + 4) & 7)) this.orphan(other);
    }
    tree[node] = FREE;
    parent[node] = NONE;
  }

  /** Steps from a node to its terminal, or Infinity where its line ends in an orphan; remembers what it learnt. */
  private reach(start: number): number {
    const { parent, offsets, stamp, distance } = this;
    let node = start;
    let steps = 0;
    while (stamp[node] !== this.time) {
      const d = parent[node]!;
      if (d === TERMINAL) {
        stamp[node] = this.time;
        distance[node] = 1;
        break;
      }
      if (d >= ORPHAN) return Infinity;
      node += offsets[d]!;
      steps++;
    }
    const total = steps + distance[node]!;
    for (let at = start, left = total; stamp[at] !== this.time; at += offsets[parent[at]!]!, left--) {
      stamp[at] = this.time;
      distance[at] = left;
    }
    return total;
  }
}
