import { type LpEngines, type LpMaster, solveOrNull } from '../lp/engines.ts';
import type { Container } from './containers.ts';
import { SCALE } from './scale.ts';

/**
 * What any set of nodes must satisfy that holds all pods: at some prices by class, no content of a container is worth more
 * than `uppers` (≥ 0), and all of them together must be worth what the pods are.
 */
export interface WorthRow {
  readonly uppers: ArrayLike<number>;
  /** More than 0. */
  readonly demand: number;
}

/** How many there are of each container; with fractions, where a program over them says so. */
export type Counts = ArrayLike<number>;

export interface WholeNodesEffort {
  /** Entries of all programs over counts that are solved. */
  readonly entries: number;
  /** Sets of nodes of which it is asked whether they hold all pods. */
  readonly separations: number;
}

export interface WholeNodes {
  /** Proven: no whole nodes cost less, micros per hour. */
  readonly bound: number;
  /** So many of each container cost so much, and nothing is known that speaks against them; null: it did not come to that. */
  readonly counts: Int32Array | null;
}

/** Nodes of which it is not decided yet how many: at least and at most so many of each container. */
interface Branch {
  readonly least: Int32Array;
  readonly most: Int32Array;
  /** What it is solved for: that many rows, and the cheapest counts, in fractions; null: not yet. */
  readonly solved: { readonly rows: number; readonly counts: Float64Array } | null;
}

const INTEGRAL = 1e-6;
/** Allowance for floating point in sums over rows and containers. */
const ROUNDING = 1e-9;
/** So many rows are asked for before anything is split: they are quick to find. */
const FIRST_SEPARATIONS = 12;

/**
 * A lower bound on what whole nodes cost that satisfy `first` and all that `separate` finds: branch and cut over how many
 * there are of each container, the cheapest first. `separate` gives a row that a set violates, or null where it knows none,
 * which for a set of whole nodes is the end. Nothing is proven above `limit`. Bounds are computed from duals by weak duality,
 * whatever an engine says of its answer (Neumaier and Shcherbina 2004), and rounded up to multiples of `divisor`, as prices
 * are. Micros per hour, without what stays anyway; what there is no end of has a price.
 */
export function boundOfWholeNodes(
  containers: readonly Container[],
  first: WorthRow,
  separate: (counts: Counts) => WorthRow | null,
  { limit, divisor }: { readonly limit: number; readonly divisor: number },
  engines: LpEngines,
  effort: WholeNodesEffort,
  stop: () => boolean,
): WholeNodes {
  const rows = [first];
  let program = new CountsProgram(containers, rows, engines);
  const open = new OpenBranches();
  const most = containers.map(({ count, microsPerHour }) => Math.min(count, Math.floor(limit / microsPerHour)));
  open.add(0, { least: new Int32Array(containers.length), most: Int32Array.from(most), solved: null });
  let separations = 0;
  const isCut = (counts: Counts): boolean => {
    const row = separations++ < effort.separations ? separate(counts) : null;
    if (row === null) return false;
    rows.push(row);
    program.close();
    program = new CountsProgram(containers, rows, engines);
    return true;
  };
  let isWhole = false;
  try {
    for (let entries = 0; entries < effort.entries && !stop(); ) {
      const bound = open.bound;
      if (bound >= limit) return { bound: limit, counts: null };
      const branch = open.take();
      const { solved } = branch;
      if (solved === null || solved.rows < rows.length) {
        entries += program.entries;
        const answer = program.solve(branch);
        if (answer === null) return { bound, counts: null };
        const known = { ...branch, solved: { rows: rows.length, counts: answer.counts } };
        open.add(Math.max(bound, Math.ceil(answer.bound / divisor) * divisor), known);
        continue;
      }
      const split = mostFractional(solved.counts, containers);
      const isAsked = split === null || (!isWhole && separations < FIRST_SEPARATIONS);
      const counts = split === null ? solved.counts.map(Math.round) : solved.counts;
      if (isAsked && isCut(counts)) open.add(bound, branch);
      else if (split === null) return { bound, counts: Int32Array.from(counts) };
      else {
        isWhole = true;
        for (const half of halves(branch, solved.counts, split)) open.add(bound, half);
      }
    }
    return { bound: Math.min(open.bound, limit), counts: null };
  } finally {
    program.close();
  }
}

/** What is not decided yet, by bound. */
class OpenBranches {
  readonly #byBound = new Map<number, Branch[]>();

  /** The least of all that is open; Infinity where nothing is. */
  get bound(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const bound of this.#byBound.keys()) least = Math.min(least, bound);
    return least;
  }

  add(bound: number, branch: Branch): void {
    const others = this.#byBound.get(bound);
    if (others === undefined) this.#byBound.set(bound, [branch]);
    else others.push(branch);
  }

  /** Of those with the least bound the one that was added last: it is nearest to a whole set. */
  take(): Branch {
    const { bound } = this;
    const cheapest = this.#byBound.get(bound)!;
    if (cheapest.length === 1) this.#byBound.delete(bound);
    return cheapest.pop()!;
  }
}

/** The container whose fraction costs most to round, or null where all are whole. */
function mostFractional(counts: Float64Array, containers: readonly Container[]): number | null {
  let chosen: number | null = null;
  let most = 0;
  counts.forEach((count, k) => {
    const part = Math.abs(count - Math.round(count));
    if (part <= INTEGRAL || part * containers[k]!.microsPerHour <= most) return;
    chosen = k;
    most = part * containers[k]!.microsPerHour;
  });
  return chosen;
}

function halves({ least, most }: Branch, counts: Float64Array, split: number): Branch[] {
  const below = Math.floor(counts[split]!);
  return [
    { least, most: most.with(split, below), solved: null },
    { least: least.with(split, below + 1), most, solved: null },
  ];
}

/** What a set of nodes is worth at a row's prices, at most. */
export function worthOf(counts: Counts, uppers: ArrayLike<number>): number {
  let worth = 0;
  for (let k = 0; k < counts.length; k++) worth += counts[k]! * uppers[k]!;
  return worth;
}

/** The linear program over counts: prices in cents, counts from their least. */
class CountsProgram {
  readonly #containers: readonly Container[];
  readonly #rows: readonly WorthRow[];
  readonly #lp: LpMaster;
  readonly entries: number;

  constructor(containers: readonly Container[], rows: readonly WorthRow[], engines: LpEngines) {
    this.#containers = containers;
    // Relative to the demand, so that all rows are of one size.
    this.#rows = rows.map(({ uppers, demand }) => ({
      uppers: Float64Array.from(uppers, (upper) => upper / demand),
      demand: 1 - ROUNDING,
    }));
    const every = this.#rows.map((_, i) => i);
    this.entries = containers.length * (containers.length + rows.length);
    this.#lp = engines.master(
      [
        ...this.#rows.map(({ demand }) => ({ sense: '>=' as const, rhs: demand })),
        ...containers.map(() => ({ sense: '<=' as const, rhs: 0 })),
      ],
      containers.map(({ microsPerHour }, k) => ({
        cost: microsPerHour * SCALE,
        rows: [...every, rows.length + k],
        values: [...this.#rows.map(({ uppers }) => uppers[k]!), 1],
      })),
    );
  }

  /** `bound` Infinity: no set of nodes in the branch satisfies the rows; null: no engine had an answer. */
  solve({ least, most }: Branch): { readonly bound: number; readonly counts: Float64Array } | null {
    // Nothing is worth less than nothing, so what as many as may be do not satisfy none do.
    const isPossible = this.#rows.every(({ uppers, demand }) => worthOf(most, uppers) >= demand);
    if (!isPossible) return { bound: Number.POSITIVE_INFINITY, counts: new Float64Array(most) };
    this.#lp.setRightHandSides([
      ...this.#rows.map(({ uppers, demand }) => Math.max(0, demand - worthOf(least, uppers))),
      ...Array.from(most, (count, k) => count - least[k]!),
    ]);
    const optimum = solveOrNull(this.#lp);
    if (optimum === null) return null;
    const duals = this.#rows.map((_, i) => Math.max(0, optimum.duals[i]!) / SCALE);
    const counts = Float64Array.from(this.#containers, (_, k) => least[k]! + Math.max(0, optimum.primal[k]!));
    return { bound: this.#proven(duals, least, most), counts };
  }

  close(): void {
    this.#lp.close();
  }

  /** Σ dual × demand + Σ of what one of a container costs above its worth, times as many of it as makes that least. */
  #proven(duals: readonly number[], least: Int32Array, most: Int32Array): number {
    let bound = 0;
    this.#rows.forEach(({ demand }, i) => {
      bound += duals[i]! * demand;
    });
    let size = bound;
    this.#containers.forEach(({ microsPerHour }, k) => {
      const worth = this.#rows.reduce((sum, { uppers }, i) => sum + duals[i]! * uppers[k]!, 0);
      const reduced = microsPerHour - worth;
      const count = reduced > 0 ? least[k]! : most[k]!;
      bound += reduced * count;
      size += (microsPerHour + worth) * count;
    });
    return bound - ROUNDING * size;
  }
}
