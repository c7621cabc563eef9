import type { Container } from './containers.ts';

/**
 * What any set of nodes must satisfy that holds all pods: at some prices by class, no content of a container is worth more
 * than `uppers` (≥ 0), and all of them together must be worth what the pods are.
 */
export interface WorthRow {
  readonly uppers: ArrayLike<number>;
  /** More than 0. */
  readonly demand: number;
}

/** How many there are of each container. */
export type Counts = ArrayLike<number>;

/** What is known of a set of nodes that satisfies all rows: a row that it violates, or whether it holds all pods. */
export type Verdict = WorthRow | 'holds' | 'unknown';

export interface WholeNodesEffort {
  /** Steps of looking for sets of nodes. */
  readonly visits: number;
  /** Sets of nodes of which it is asked whether they hold all pods. */
  readonly sets: number;
}

export interface WholeNodes {
  /** Proven: no whole nodes cost less, micros per hour. */
  readonly bound: number;
  /** The first set of nodes that nothing is known to speak against; null: it did not come to that. */
  readonly counts: Int32Array | null;
}

/** Allowance for floating point in sums over containers. */
const ROUNDING = 1e-9;
/** A row's table has no more entries than this, or is coarser. */
const MOST_ENTRIES = 400_000;
/** All tables together have no more: a set that violates a row without one is asked about once more. */
const MOST_OF_ALL = 12_000_000;
/** Of sets that cost the same, so many are looked at of which nothing can be said. */
const UNKNOWN_OF_A_PRICE = 24;

/**
 * A lower bound on what whole nodes cost that satisfy `first` and all that `judge` finds: every set of nodes that could,
 * in the order of what they cost, until one holds all pods. A set is given up as soon as what is left to be spent cannot
 * be worth what is still missing, by a table for each row (dynamic programming; Martello and Toth, Knapsack Problems,
 * ch. 3). Once nothing can be said of a set, what follows is looked at only for one that holds all. Nothing is proven
 * above `limit`; prices are multiples of `divisor` micros per hour, what stays anyway is left out, and what there is no
 * end of has a price.
 */
export function boundOfWholeNodes(
  containers: readonly Container[],
  first: WorthRow,
  judge: (counts: Counts) => Verdict,
  { limit, divisor }: { readonly limit: number; readonly divisor: number },
  effort: WholeNodesEffort,
  stop: () => boolean,
): WholeNodes {
  if (limit <= 0) return { bound: limit, counts: null };
  const sets = new SetsByPrice(containers, limit, divisor);
  sets.add(first);
  let visits = 0;
  let asked = 0;
  let bound: number | null = null;
  let counts: Int32Array | null = null;
  let isFound = false;
  /** Of the level that is looked at: sets of which nothing can be said, and the least price of all that may hold all pods. */
  let unknown = 0;
  let least = limit;
  const isOver = () => visits >= effort.visits || asked >= effort.sets || stop();
  const look: Look = (set, price, leastOfLevel) => {
    asked++;
    const verdict = judge(set);
    if (typeof verdict === 'object') {
      sets.add(verdict);
      return isOver();
    }
    counts ??= Int32Array.from(set);
    least = Math.min(least, price);
    if (verdict === 'holds') {
      isFound = true;
      sets.onlyBelow(price);
      return price <= leastOfLevel || isOver();
    }
    return ++unknown >= UNKNOWN_OF_A_PRICE || isOver();
  };
  // Where nothing was found that holds all, it is looked for in ever larger steps.
  let level = 0;
  for (let step = 1; level < sets.levels && !isFound && !isOver(); level += step) {
    if (unknown > 0) step *= 2;
    unknown = 0;
    const isEnded = sets.visit(level, look, () => ++visits >= effort.visits || ((visits & 4095) === 0 && stop()));
    if (isEnded || counts !== null) bound ??= Math.min(limit, isEnded ? sets.price(level) : least);
  }
  return { bound: bound ?? Math.min(limit, sets.price(level)), counts };
}

/** Is shown a set, what it costs and the least that one of its level can cost; whether that is enough. */
type Look = (set: Int32Array, price: number, leastOfLevel: number) => boolean;

/** Sets of nodes by what they cost: each level is a price, or a few prices where there are very many. */
class SetsByPrice {
  readonly levels: number;
  readonly #divisor: number;
  /** Units of `divisor` in one level. */
  readonly #grid: number;
  /** What costs nothing, and then the dearest first. */
  readonly #order: readonly number[];
  readonly #units: readonly number[];
  readonly #most: readonly number[];
  readonly #rows: {
    readonly uppers: Float64Array;
    readonly demand: number;
    readonly tables: readonly Float64Array[];
  }[] = [];
  /** By depth and row: what the nodes chosen so far are worth. */
  readonly #worth: number[][];
  readonly #set: Int32Array;
  /** In units of `divisor`: sets that cost as much or more are not shown. */
  #below = Number.POSITIVE_INFINITY;

  constructor(containers: readonly Container[], limit: number, divisor: number) {
    const units = containers.map(({ microsPerHour }) => microsPerHour / divisor);
    const all = Math.ceil(limit / divisor);
    this.#divisor = divisor;
    // Nothing may be cheaper than a level, or it would cost nothing.
    const priced = units.filter((one) => one > 0);
    this.#grid = Math.max(1, Math.min(...priced, Math.ceil((all * containers.length) / MOST_ENTRIES)));
    this.levels = Math.ceil(all / this.#grid);
    const rank = (k: number) => (units[k] === 0 ? Number.POSITIVE_INFINITY : units[k]!);
    this.#order = [...containers.keys()].sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)));
    this.#units = this.#order.map((k) => units[k]!);
    this.#most = this.#order.map((k) => containers[k]!.count);
    this.#worth = Array.from({ length: containers.length + 1 }, () => []);
    this.#set = new Int32Array(containers.length);
  }

  /** The least that a set of this level can cost. */
  price(level: number): number {
    return level * this.#grid * this.#divisor;
  }

  /** From now on only sets that satisfy it are visited, among those that are being visited too, as far as there is room for it. */
  add({ uppers, demand }: WorthRow): void {
    const entries = this.#order.length * this.levels;
    if (this.#rows.length * entries > MOST_OF_ALL) return;
    const own = Float64Array.from(this.#order, (k) => uppers[k]! / demand);
    const tables: Float64Array[] = [];
    const none = new Float64Array(this.levels + 1);
    // Where a level is one price, what is left must be spent exactly.
    if (this.#grid === 1) none.fill(Number.NEGATIVE_INFINITY, 1);
    tables[own.length] = none;
    for (let at = own.length - 1; at >= 0; at--)
      tables[at] = withContainer(tables[at + 1]!, Math.floor(this.#units[at]! / this.#grid), own[at]!, this.#most[at]!);
    this.#rows.push({ uppers: own, demand: 1 - ROUNDING, tables });
    let worth = 0;
    for (let at = 0; at <= own.length; at++) {
      this.#worth[at]!.push(worth);
      if (at < own.length) worth += own[at]! * this.#set[this.#order[at]!]!;
    }
  }

  /** From now on only sets are shown that cost less. */
  onlyBelow(price: number): void {
    this.#below = price / this.#divisor;
  }

  /** Shows all sets of a level that satisfy the rows, until `look` says that it is enough or `isOver`; whether one did. */
  visit(level: number, look: Look, isOver: () => boolean): boolean {
    this.#set.fill(0);
    this.#worth[0]!.fill(0);
    const most = (level + 1) * this.#grid - 1;
    const least = this.price(level);
    const show = (left: number) => most - left < this.#below && look(this.#set, (most - left) * this.#divisor, least);
    return this.#visit(0, most, show, isOver);
  }

  #visit(at: number, left: number, show: (left: number) => boolean, isOver: () => boolean): boolean {
    if (isOver()) return true;
    if (!this.#canSuffice(at, left)) return false;
    if (left < this.#grid && this.#units[at] !== 0) return show(left);
    if (at === this.#order.length) return false;
    const k = this.#order[at]!;
    const units = this.#units[at]!;
    // Of what costs nothing, all are there.
    const most = units === 0 ? this.#most[at]! : Math.min(this.#most[at]!, Math.floor(left / units));
    for (let count = most; count >= (units === 0 ? most : 0); count--) {
      this.#set[k] = count;
      for (let r = 0; r < this.#rows.length; r++)
        this.#worth[at + 1]![r] = this.#worth[at]![r]! + count * this.#rows[r]!.uppers[at]!;
      if (this.#visit(at + 1, left - count * units, show, isOver)) return true;
    }
    return false;
  }

  /** Whether what is left to be spent on what follows could be worth what every row still misses. */
  #canSuffice(at: number, left: number): boolean {
    const column = Math.floor(left / this.#grid);
    const worth = this.#worth[at]!;
    for (let r = this.#rows.length - 1; r >= 0; r--) {
      const { tables, demand } = this.#rows[r]!;
      if (worth[r]! + tables[at]![column]! < demand) return false;
    }
    return true;
  }
}

/** The most that can be had for each price with up to so many of one more container. */
function withContainer(table: Float64Array, units: number, worth: number, most: number): Float64Array {
  const better = Float64Array.from(table);
  if (units === 0) return better.map((value) => value + most * worth);
  if (most * units >= table.length) {
    for (let u = units; u < better.length; u++) better[u] = Math.max(better[u]!, better[u - units]! + worth);
    return better;
  }
  // So many are as one, two, four … and the rest.
  for (let left = most, part = 1; left > 0; left -= part, part *= 2) {
    const count = Math.min(part, left);
    for (let u = better.length - 1; u >= count * units; u--)
      better[u] = Math.max(better[u]!, better[u - count * units]! + count * worth);
    part = count;
  }
  return better;
}
