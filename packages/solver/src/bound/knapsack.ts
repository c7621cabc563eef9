import type { Bounded } from './bounded.ts';
import type { Container } from './containers.ts';

export interface KnapsackAnswer {
  /** Worth of the best content found. */
  readonly value: number;
  /** Proven: no content is worth more, up to floating point that `upper` already allows for. */
  readonly upper: number;
  /** Class indices and counts of the best content. */
  readonly classes: number[];
  readonly counts: number[];
  /** Search nodes that it took. */
  readonly visited: number;
}

/** Relative allowance for rounding in sums of a few hundred products. */
const ROUNDING = 1e-10;
const SUBGRADIENT_STEPS = 40;
/** Of what fits of one item, such a part is taken before it is looked again what is scarce. */
const PORTIONS = 12;

/** One for each container. */
export function knapsacksOf(
  { classes, boundResources }: Pick<Bounded, 'classes' | 'boundResources'>,
  containers: readonly Container[],
): Knapsack[] {
  return containers.map((container) => new Knapsack(container, classes, boundResources));
}

/** What no content is worth more than, by container. */
export function uppersOf(answers: readonly KnapsackAnswer[]): Float64Array {
  return Float64Array.from(answers, ({ upper }) => upper);
}

/**
 * The most valuable content of one container: a bounded knapsack with several resources. Depth-first search in the order
 * of worth for surrogate weight; the bound is the fractional knapsack over one surrogate resource Σ u·r, whose
 * multipliers u are improved by coordinate descent on the Lagrangian dual. When the budget is spent, what was not
 * searched is bounded, so `upper` is proven either way. Sources: Martello and Toth, Knapsack Problems, ch. 3 (bounds);
 * Glover 1968 (surrogate constraints).
 */
export class Knapsack {
  readonly container: Container;
  readonly #items: Int32Array;
  readonly #most: Float64Array;
  /** Demand of item i for the j-th active resource, as it is and relative to the container's room. */
  readonly #demands: Float64Array;
  readonly #weights: Float64Array;
  readonly #capacity: Float64Array;
  readonly #resources: number;
  readonly #active: readonly number[];
  readonly #multipliers: Float64Array;

  constructor(container: Container, classes: Bounded['classes'], boundResources: readonly boolean[]) {
    this.container = container;
    this.#items = Int32Array.from(classes.flatMap(({ index }) => (container.most[index]! > 0 ? [index] : [])));
    const used = new Set<number>();
    for (const c of this.#items) for (const r of classes[c]!.dims) if (boundResources[r]) used.add(r);
    const active = [...used].sort((a, b) => a - b);
    this.#resources = active.length;
    this.#active = active;
    this.#capacity = Float64Array.from(active, (r) => container.capacity[r]!);
    this.#most = Float64Array.from(this.#items, (c) => container.most[c]!);
    this.#demands = new Float64Array(this.#items.length * active.length);
    this.#weights = new Float64Array(this.#items.length * active.length);
    this.#items.forEach((c, i) => {
      classes[c]!.dims.forEach((r, k) => {
        const j = active.indexOf(r);
        if (j < 0) return;
        this.#demands[i * active.length + j] = classes[c]!.amounts[k]!;
        this.#weights[i * active.length + j] = classes[c]!.amounts[k]! / this.#capacity[j]!;
      });
    });
    this.#multipliers = new Float64Array(active.length);
  }

  /** Starts the multipliers from known ones, by resource and for the container's whole room. */
  startFrom(multipliers: ReadonlyMap<number, number>): void {
    this.#active.forEach((r, j) => {
      this.#multipliers[j] = multipliers.get(r) ?? 0;
    });
  }

  /** `enough`: whether a content is worth less than this is not asked. `there`: so many of each class there are; left out: enough. */
  solve(
    profits: ArrayLike<number>,
    budget: number,
    enough = 0,
    there: ArrayLike<number> | null = null,
  ): KnapsackAnswer {
    const count = this.#items.length;
    const R = this.#resources;
    const order: number[] = [];
    for (let i = 0; i < count; i++) if (profits[this.#items[i]!]! > 0) order.push(i);
    if (enough > 0 && this.#dualValue(order, profits, this.#multipliers) * (1 + ROUNDING) <= enough) {
      return { value: 0, upper: enough, classes: [], counts: [], visited: 0 };
    }
    this.#improveMultipliers(order, profits);
    const surrogate = new Float64Array(count);
    for (const i of order) {
      let weight = 0;
      for (let j = 0; j < R; j++) weight += this.#multipliers[j]! * this.#weights[i * R + j]!;
      surrogate[i] = weight;
    }
    const worth = (i: number) => profits[this.#items[i]!]!;
    order.sort((a, b) => worth(b) * surrogate[a]! - worth(a) * surrogate[b]! || a - b);
    let room = 0;
    for (let j = 0; j < R; j++) room += this.#multipliers[j]!;
    const most = Float64Array.from(order, (i) => Math.min(this.#most[i]!, there?.[this.#items[i]!] ?? this.#most[i]!));
    return this.#search(order, profits, surrogate, most, room, budget, enough);
  }

  #search(
    order: readonly number[],
    profits: ArrayLike<number>,
    surrogate: Float64Array,
    most: Float64Array,
    room: number,
    budget: number,
    enough: number,
  ): KnapsackAnswer {
    const n = order.length;
    const R = this.#resources;
    const profit = Float64Array.from(order, (i) => profits[this.#items[i]!]!);
    const weight = Float64Array.from(order, (i) => surrogate[i]!);
    const demands = new Float64Array(n * R);
    order.forEach((i, k) => {
      for (let j = 0; j < R; j++) demands[k * R + j] = this.#demands[i * R + j]!;
    });
    const left = Float64Array.from(this.#capacity);
    const taken = new Int32Array(n);
    const best = new Int32Array(n);
    let bestValue = this.#balanced(profit, most, demands, best);
    let openUpper = 0;
    let visited = 0;

    const upperFrom = (k: number, value: number, free: number): number => {
      let upper = value;
      let rest = free;
      for (let i = k; i < n; i++) {
        const full = most[i]! * weight[i]!;
        if (full <= rest) {
          upper += most[i]! * profit[i]!;
          rest -= full;
        } else {
          if (rest > 0) upper += (rest / weight[i]!) * profit[i]!;
          break;
        }
      }
      return upper * (1 + ROUNDING);
    };

    const fitting = (k: number): number => {
      let fits = most[k]!;
      for (let j = 0; j < R && fits > 0; j++) {
        const demand = demands[k * R + j]!;
        if (demand > 0) fits = Math.min(fits, Math.floor(left[j]! / demand));
      }
      return fits;
    };

    // What is left with so many of k, when the rest is filled by fractions: it only falls with fewer.
    const isHopeless = (k: number, q: number, value: number, free: number): boolean =>
      upperFrom(k + 1, value + q * profit[k]!, free - q * weight[k]!) <= Math.max(bestValue * (1 + ROUNDING), enough);

    const visit = (from: number, value: number, free: number): void => {
      // Taking none of an item is the next turn and not one call deeper: there may be thousands of items.
      for (let k = from; ; k++) {
        visited++;
        if (value > bestValue) {
          bestValue = value;
          best.set(taken);
        }
        let fits = 0;
        while (k < n) {
          fits = fitting(k);
          if (fits > 0) break;
          k++;
        }
        if (k === n) return;
        const upper = upperFrom(k, value, free);
        if (upper <= Math.max(bestValue * (1 + ROUNDING), enough)) return;
        if (visited > budget) {
          if (upper > openUpper) openUpper = upper;
          return;
        }
        for (let q = fits; q > 0; q--) {
          if (q < fits && isHopeless(k, q, value, free)) return;
          for (let j = 0; j < R; j++) left[j]! -= q * demands[k * R + j]!;
          taken[k] = q;
          visit(k + 1, value + q * profit[k]!, free - q * weight[k]!);
          for (let j = 0; j < R; j++) left[j]! += q * demands[k * R + j]!;
          taken[k] = 0;
        }
        if (isHopeless(k, 0, value, free)) return;
      }
    };
    visit(0, 0, room);

    const classes: number[] = [];
    const counts: number[] = [];
    order.forEach((i, k) => {
      if (best[k]! > 0) {
        classes.push(this.#items[i]!);
        counts.push(best[k]!);
      }
    });
    return {
      value: bestValue,
      upper: Math.max(bestValue * (1 + 2 * ROUNDING), openUpper, enough),
      classes,
      counts,
      visited,
    };
  }

  /**
   * A content that uses up all resources at once: what is taken next is what is worth most for what is scarce by then.
   * Where many items are worth alike, as at the prices of a relaxation, one order for all leaves room of one resource when
   * another is used up. Written to `best`; its value.
   */
  #balanced(profit: Float64Array, most: Float64Array, demands: Float64Array, best: Int32Array): number {
    const R = this.#resources;
    const n = profit.length;
    const left = Float64Array.from(this.#capacity);
    const cost = new Float64Array(R);
    let value = 0;
    for (;;) {
      for (let j = 0; j < R; j++) cost[j] = left[j]! > 0 ? this.#multipliers[j]! / left[j]! : 0;
      let chosen = -1;
      let chosenScore = 0;
      let chosenFits = 0;
      for (let k = 0; k < n; k++) {
        let fits = most[k]! - best[k]!;
        let weight = 1e-12;
        for (let j = 0; j < R && fits > 0; j++) {
          const demand = demands[k * R + j]!;
          if (demand === 0) continue;
          fits = Math.min(fits, Math.floor(left[j]! / demand));
          weight += cost[j]! * demand;
        }
        if (fits <= 0 || profit[k]! <= chosenScore * weight) continue;
        chosen = k;
        chosenScore = profit[k]! / weight;
        chosenFits = fits;
      }
      if (chosen < 0) return value;
      const taken = Math.ceil(chosenFits / PORTIONS);
      best[chosen]! += taken;
      value += taken * profit[chosen]!;
      for (let j = 0; j < R; j++) left[j]! -= taken * demands[chosen * R + j]!;
    }
  }

  /**
   * Minimises Σ u + Σ most·max(0, worth − u·weight), weights relative to the capacity: Polyak's subgradient steps towards
   * the value of a greedy content, from where the last call left off, then exact minimisation over one multiplier after
   * the other, which never makes it worse.
   */
  #improveMultipliers(order: readonly number[], profits: ArrayLike<number>): void {
    const R = this.#resources;
    let current = Float64Array.from(this.#multipliers);
    let best = current;
    let bestValue = this.#dualValue(order, profits, best);
    const target = this.#greedyValue(order, profits);
    const gradient = new Float64Array(R);
    for (let step = 0; step < SUBGRADIENT_STEPS; step++) {
      gradient.fill(1);
      let value = 0;
      for (let j = 0; j < R; j++) value += current[j]!;
      for (const i of order) {
        let margin = profits[this.#items[i]!]!;
        for (let j = 0; j < R; j++) margin -= current[j]! * this.#weights[i * R + j]!;
        if (margin <= 0) continue;
        value += this.#most[i]! * margin;
        for (let j = 0; j < R; j++) gradient[j]! -= this.#most[i]! * this.#weights[i * R + j]!;
      }
      if (value < bestValue) {
        bestValue = value;
        best = Float64Array.from(current);
      }
      let length = 0;
      for (let j = 0; j < R; j++) length += gradient[j]! * gradient[j]!;
      if (length === 0 || value <= target) break;
      // Aim between the greedy content and the best bound: the optimum lies between the two.
      const aim = (target + bestValue) / 2;
      const stride = Math.max(value - aim, 0.02 * (value - target)) / length;
      current = current.map((multiplier, j) => Math.max(0, multiplier - stride * gradient[j]!));
    }
    this.#multipliers.set(best);
    this.#descend(order, profits);
    // An item without weight would come first at any worth and be bounded by nothing.
    if (this.#multipliers.every((multiplier) => multiplier === 0)) this.#multipliers.fill(1);
  }

  #dualValue(order: readonly number[], profits: ArrayLike<number>, u: Float64Array): number {
    const R = this.#resources;
    let value = 0;
    for (let j = 0; j < R; j++) value += u[j]!;
    for (const i of order) {
      let margin = profits[this.#items[i]!]!;
      for (let j = 0; j < R; j++) margin -= u[j]! * this.#weights[i * R + j]!;
      if (margin > 0) value += this.#most[i]! * margin;
    }
    return value;
  }

  /** Worth of filling up by worth for the largest share of a resource. */
  #greedyValue(order: readonly number[], profits: ArrayLike<number>): number {
    const R = this.#resources;
    const share = (i: number) => {
      let largest = 0;
      for (let j = 0; j < R; j++) largest = Math.max(largest, this.#weights[i * R + j]!);
      return largest;
    };
    const left = new Float64Array(R).fill(1);
    let value = 0;
    for (const i of [...order].sort(
      (a, b) => profits[this.#items[b]!]! * share(a) - profits[this.#items[a]!]! * share(b),
    )) {
      let fits = this.#most[i]!;
      for (let j = 0; j < R; j++) {
        const weight = this.#weights[i * R + j]!;
        if (weight > 0) fits = Math.min(fits, Math.floor(left[j]! / weight));
      }
      value += fits * profits[this.#items[i]!]!;
      for (let j = 0; j < R; j++) left[j]! -= fits * this.#weights[i * R + j]!;
    }
    return value;
  }

  #descend(order: readonly number[], profits: ArrayLike<number>): void {
    const R = this.#resources;
    const u = this.#multipliers;
    const breakpoints: { at: number; amount: number }[] = [];
    for (let j = 0; j < R; j++) {
      breakpoints.length = 0;
      for (const i of order) {
        const weight = this.#weights[i * R + j]!;
        if (weight === 0) continue;
        let others = profits[this.#items[i]!]!;
        for (let q = 0; q < R; q++) if (q !== j) others -= u[q]! * this.#weights[i * R + q]!;
        if (others > 0) breakpoints.push({ at: others / weight, amount: this.#most[i]! * weight });
      }
      breakpoints.sort((a, b) => b.at - a.at);
      let sum = 0;
      u[j] = 0;
      for (const { at, amount } of breakpoints) {
        sum += amount;
        if (sum > 1) {
          u[j] = at;
          break;
        }
      }
    }
  }
}
