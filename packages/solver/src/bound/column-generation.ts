import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import type { Covering } from './covering.ts';
import { fixedPrice, lagrangianBound, uppersAt } from './lagrangian.ts';
import { KnownPatterns, type Pattern, patternsOf } from './patterns.ts';
import { priceAt } from './pricing.ts';
import { type Prices, pricesOf, RowIndex, slackColumns, smoothedPrices } from './rows.ts';
import { SCALE } from './scale.ts';

export interface RelaxationEffort {
  readonly rounds: number;
  /** So many times, at most, prices are varied to find patterns to start with. */
  readonly variations: number;
  /** Search nodes of one pricing problem: to find patterns, and to prove that there is no better one. */
  readonly pricingBudget: number;
  readonly finalBudget: number;
  /** Search nodes of all of them together, after which no new round begins. */
  readonly work: number;
}

/** What is known after so many rounds. */
export interface Generation extends Prices {
  /** Proven lower bound at these prices, micros per hour, not rounded up to what prices can add up to. */
  readonly bound: number;
  /** What no content of each container is worth more than, less what rows take of the container. */
  readonly uppers: Float64Array;
  readonly patterns: readonly Pattern[];
  /** The bound meets what fractions of the patterns cost: no better one is to be had in this way. */
  readonly isClosed: boolean;
}

type Start = Omit<Generation, 'isClosed'>;

const CONVERGED = 1e-4;

/**
 * Column generation over contents of single containers, from patterns that make the master feasible. Patterns are looked
 * for at smoothed prices and at the master's own with little work, and with much only when that finds none; every look is
 * a bound. Work is counted in rounds; `stop` ends it early with what is proven by then.
 */
export function generateColumns(
  covering: Covering,
  start: Start,
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): Generation {
  let { bound, uppers } = start;
  let best: Prices = start;
  let work = 0;
  const master = new Master(covering, engines, start.patterns);
  try {
    let optimum = master.solve();
    for (let round = 0; round < effort.rounds && work < effort.work && optimum !== null && !stop(); round++) {
      const { objective } = optimum;
      if (objective - bound <= CONVERGED * objective) break;
      const smooth = smoothedPrices(best, optimum);
      const addFrom = (at: Prices, budget: number): boolean => {
        const answers = priceAt(covering, at, effort.pricingBudget, budget, stop);
        for (const { visited } of answers) work += visited;
        const value = lagrangianBound(covering, at, answers);
        if (value > bound) {
          bound = value;
          best = at;
          uppers = uppersAt(covering, at, answers);
        }
        return master.addImproving(patternsOf(answers));
      };
      const found = [addFrom(smooth, effort.pricingBudget), addFrom(optimum, effort.pricingBudget)];
      if (!found.includes(true) && !addFrom(smooth, effort.finalBudget) && !addFrom(optimum, effort.finalBudget)) break;
      optimum = master.solve() ?? optimum;
    }
    const isClosed = optimum !== null && optimum.objective - bound <= CONVERGED * optimum.objective;
    const { duals, rowDuals } = best;
    return { bound, duals, rowDuals, uppers, patterns: master.patterns, isClosed };
  } finally {
    master.close();
  }
}

/** The linear program over the patterns that are known. */
class Master {
  readonly #patterns = new KnownPatterns();
  readonly #covering: Covering;
  readonly #rowIndex: RowIndex;
  readonly #limitRow: ReadonlyMap<number, number>;
  readonly #lp: ReturnType<LpEngines['master']>;
  /** Of all rows, as the engine says them. */
  #duals = new Float64Array(0);

  constructor(covering: Covering, engines: LpEngines, patterns: readonly Pattern[]) {
    const { problem, containers, rows: between } = covering;
    this.#covering = covering;
    this.#rowIndex = new RowIndex(between, containers.length);
    const first = problem.classes.length;
    const limited = containers.flatMap(({ count }, k) => (Number.isFinite(count) ? [k] : []));
    this.#limitRow = new Map(limited.map((k, position) => [k, first + between.length + position]));
    const rows: LpRow[] = [
      ...problem.classes.map(({ pods }): LpRow => ({ sense: '>=', rhs: pods.length })),
      ...between.map(({ most }): LpRow => ({ sense: '<=', rhs: most })),
      ...limited.map((k): LpRow => ({ sense: '<=', rhs: containers[k]!.count })),
    ];
    this.#lp = engines.master(rows, [
      ...slackColumns(between, containers, first),
      ...this.#rowIndex.wanted.map((container) => this.#columnOf({ container, classes: [], counts: [] })),
      ...this.#columnsOf(patterns),
    ]);
  }

  /** Price with fractions of patterns, micros per hour, and what makes it up; null without an answer. */
  solve(): (Prices & { readonly objective: number }) | null {
    const optimum = solveOrNull(this.#lp);
    if (optimum === null) return null;
    this.#duals = Float64Array.from(optimum.duals);
    const { problem, rows } = this.#covering;
    const { length } = problem.classes;
    return {
      objective: optimum.objective / SCALE + fixedPrice(problem),
      ...pricesOf(optimum.duals, length, rows, length),
    };
  }

  get patterns(): readonly Pattern[] {
    return this.#patterns.all;
  }

  /** Adds those that are new and have a negative reduced cost; false when there is none. */
  addImproving(candidates: readonly Pattern[]): boolean {
    const columns = this.#columnsOf(candidates.filter((pattern) => this.#improves(pattern)));
    if (columns.length > 0) this.#lp.add(columns);
    return columns.length > 0;
  }

  close(): void {
    this.#lp.close();
  }

  #columnsOf(candidates: readonly Pattern[]): LpColumn[] {
    return this.#patterns.add(candidates).map((pattern) => this.#columnOf(pattern));
  }

  #columnOf(pattern: Pattern): LpColumn {
    const { container, classes, counts } = pattern;
    const { problem, containers } = this.#covering;
    const first = problem.classes.length;
    const rows = [...classes];
    const values = [...counts];
    for (const [r, value] of this.#rowIndex.of(pattern)) {
      rows.push(first + r);
      values.push(value);
    }
    const row = this.#limitRow.get(container);
    if (row !== undefined) {
      rows.push(row);
      values.push(1);
    }
    return { cost: containers[container]!.microsPerHour * SCALE, rows, values };
  }

  #improves(pattern: Pattern): boolean {
    const { cost, rows, values } = this.#columnOf(pattern);
    const worth = rows.reduce((sum, row, k) => sum + this.#duals[row]! * values[k]!, 0);
    return worth > cost + 1e-7 * Math.max(SCALE, cost);
  }
}
