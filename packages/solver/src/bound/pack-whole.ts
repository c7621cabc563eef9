import { seededRandom } from '@restow/model';
import type { Bounded } from './bounded.ts';
import type { Container } from './containers.ts';
import type { Content } from './held-by.ts';
import type { Counts } from './whole-nodes.ts';

/** What a pod is worth varies by up to this part when it is weighed what to take off a node, so that the search does not go in circles. */
const NOISE = 0.3;
/** What was taken off a node does not come back for at least so many turns, and up to so many more. */
const TABOO = 3;
const MORE_TABOO = 8;
/** Pods of one class that are taken off together with others of another. */
const MOST_WITH_OTHERS = 3;
const SEED = 1;

/** A node of the set, and what is in it. */
interface Bin {
  readonly container: number;
  /** By resource that may be scarce. */
  readonly free: Float64Array;
  /** By class. */
  readonly pods: Int32Array;
}

/** Taken off a node: pods of one class or two. */
interface Ejection {
  readonly bin: number;
  readonly loss: number;
  readonly out: readonly (readonly [c: number, count: number])[];
}

/**
 * Packs all pods into these nodes, rules between nodes aside: from `start`, a pod without a place is put where least has
 * to make way for it, and that is placed again (ejection chains; Glover 1996). Null when that does not succeed within
 * `work`, looks at what could make way: then nothing is known. `worth`: of a pod of each class, more or less.
 */
export function packWhole(
  { classes, boundResources }: Pick<Bounded, 'classes' | 'boundResources'>,
  containers: readonly Container[],
  counts: Counts,
  worth: ArrayLike<number>,
  start: readonly Content[],
  work: number,
): Content[] | null {
  return new WholePacking(classes, boundResources, containers, counts, worth).pack(start, work);
}

class WholePacking {
  readonly #containers: readonly Container[];
  readonly #bins: readonly Bin[];
  /** By class. */
  readonly #demands: readonly Float64Array[];
  readonly #worth: Float64Array;
  readonly #order: readonly number[];
  /** By class: without a place. */
  readonly #left: Int32Array;
  /** By bin and class: until which turn it may not come back. */
  readonly #taboo: Float64Array;
  readonly #random = seededRandom(SEED);
  #work = 0;

  constructor(
    classes: Bounded['classes'],
    boundResources: readonly boolean[],
    containers: readonly Container[],
    counts: Counts,
    worth: ArrayLike<number>,
  ) {
    const resources = boundResources.flatMap((isBound, r) => (isBound ? [r] : []));
    this.#containers = containers;
    this.#demands = classes.map(({ dims, amounts }) =>
      Float64Array.from(resources, (r) => {
        const at = [...dims].indexOf(r);
        return at < 0 ? 0 : amounts[at]!;
      }),
    );
    this.#bins = containers.flatMap(({ capacity }, container) =>
      Array.from({ length: counts[container]! }, () => ({
        container,
        free: Float64Array.from(resources, (r) => capacity[r]!),
        pods: new Int32Array(classes.length),
      })),
    );
    const least = Math.max(...Array.from(worth)) * Number.EPSILON;
    this.#worth = Float64Array.from(classes, (_, c) => Math.max(least, worth[c]!));
    this.#order = [...classes.keys()].sort((a, b) => this.#worth[b]! - this.#worth[a]! || a - b);
    this.#left = Int32Array.from(classes, ({ pods }) => pods.length);
    this.#taboo = new Float64Array(this.#bins.length * classes.length);
  }

  pack(start: readonly Content[], work: number): Content[] | null {
    this.#begin(start);
    this.#fill();
    for (let turn = 1; ; turn++) {
      const c = this.#anyLeft();
      if (c === null) return this.#contents();
      if (this.#work++ > work) return null;
      const ejection = this.#leastInTheWay(c, turn);
      if (ejection === null) continue;
      const bin = this.#bins[ejection.bin]!;
      for (const [d, count] of ejection.out) {
        this.#put(bin, d, -count);
        this.#taboo[ejection.bin * this.#left.length + d] = turn + TABOO + Math.floor(MORE_TABOO * this.#random());
      }
      this.#put(bin, c, 1);
      this.#fill();
    }
  }

  #begin(start: readonly Content[]): void {
    const used = new Set<number>();
    for (const { container, classes, counts, times } of start) {
      for (let n = 0; n < times; n++) {
        const at = this.#bins.findIndex((bin, b) => bin.container === container && !used.has(b));
        if (at < 0) break;
        used.add(at);
        const bin = this.#bins[at]!;
        classes.forEach((c, k) => {
          for (let left = counts[k]!; left > 0 && this.#left[c]! > 0 && this.#fits(bin, c); left--)
            this.#put(bin, c, 1);
        });
      }
    }
  }

  /** Places what finds room, the most worth first, each where least is left over. */
  #fill(): void {
    for (const c of this.#order) {
      while (this.#left[c]! > 0) {
        const bin = this.#tightest(c);
        if (bin === null) break;
        this.#put(bin, c, 1);
      }
    }
  }

  #tightest(c: number): Bin | null {
    let best: Bin | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const bin of this.#bins) {
      this.#work++;
      if (!this.#fits(bin, c)) continue;
      const { capacity } = this.#containers[bin.container]!;
      let over = 0;
      for (let r = 0; r < bin.free.length; r++) over += bin.free[r]! / Math.max(1, capacity[r]!);
      if (over >= least) continue;
      least = over;
      best = bin;
    }
    return best;
  }

  #fits(bin: Bin, c: number): boolean {
    if (bin.pods[c]! >= this.#containers[bin.container]!.most[c]!) return false;
    const demand = this.#demands[c]!;
    for (let r = 0; r < demand.length; r++) if (demand[r]! > bin.free[r]!) return false;
    return true;
  }

  #put(bin: Bin, c: number, count: number): void {
    bin.pods[c]! += count;
    this.#left[c]! -= count;
    const demand = this.#demands[c]!;
    for (let r = 0; r < demand.length; r++) bin.free[r]! -= count * demand[r]!;
  }

  /** The class of any pod without a place; null: there is none. */
  #anyLeft(): number | null {
    const all = this.#left.reduce((sum, count) => sum + count, 0);
    if (all === 0) return null;
    let pick = Math.floor(all * this.#random());
    let c = 0;
    for (; pick >= this.#left[c]!; c++) pick -= this.#left[c]!;
    return c;
  }

  /** Where a pod of a class can be put, and what is worth least of what that takes off there; null: nowhere just now. */
  #leastInTheWay(c: number, turn: number): Ejection | null {
    const demand = this.#demands[c]!;
    const missing = new Float64Array(demand.length);
    const rest = new Float64Array(demand.length);
    let best: Ejection | null = null;
    const consider = (bin: number, value: number, out: Ejection['out']) => {
      const loss = value * (1 + NOISE * this.#random());
      if (best === null || loss < best.loss) best = { bin, loss, out };
    };
    for (let b = 0; b < this.#bins.length; b++) {
      const { container, free, pods } = this.#bins[b]!;
      if (this.#taboo[b * pods.length + c]! > turn || pods[c]! >= this.#containers[container]!.most[c]!) continue;
      for (let r = 0; r < demand.length; r++) missing[r] = demand[r]! - free[r]!;
      for (let d = 0; d < pods.length; d++) {
        if (d === c || pods[d] === 0) continue;
        const alone = this.#enough(d, missing);
        if (alone <= pods[d]!) consider(b, alone * this.#worth[d]!, [[d, alone]]);
        for (let count = 1; count <= Math.min(pods[d]!, MOST_WITH_OTHERS, alone - 1); count++) {
          for (let r = 0; r < rest.length; r++) rest[r] = missing[r]! - count * this.#demands[d]![r]!;
          for (let e = d + 1; e < pods.length; e++) {
            if (e === c || pods[e] === 0) continue;
            const others = this.#enough(e, rest);
            if (others > pods[e]!) continue;
            const out = [[d, count] as const, [e, others] as const];
            consider(b, count * this.#worth[d]! + others * this.#worth[e]!, out);
          }
        }
      }
    }
    return best;
  }

  /** How many of a class must go to make so much room. */
  #enough(c: number, missing: Float64Array): number {
    this.#work++;
    const demand = this.#demands[c]!;
    let count = 0;
    for (let r = 0; r < missing.length; r++) {
      if (missing[r]! <= 0) continue;
      if (demand[r] === 0) return Number.POSITIVE_INFINITY;
      count = Math.max(count, Math.ceil(missing[r]! / demand[r]!));
    }
    return count;
  }

  #contents(): Content[] {
    return this.#bins.map(({ container, pods }) => {
      const classes = [...pods.keys()].filter((c) => pods[c]! > 0);
      return { container, classes, counts: classes.map((c) => pods[c]!), times: 1 };
    });
  }
}
