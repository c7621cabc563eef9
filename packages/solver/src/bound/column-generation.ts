import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import type { Bounded } from './bounded.ts';
import type { Container } from './containers.ts';
import { type Knapsack, uppersOf } from './knapsack.ts';
import { fixedPrice, lagrangianBound } from './lagrangian.ts';
import { KnownPatterns, type Pattern, patternsOf, worthOfPattern } from './patterns.ts';
import { priceContainers } from './pricing.ts';
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
export interface Generation {
  /** Proven lower bound, micros per hour, not rounded up to what prices can add up to. */
  readonly bound: number;
  /** Prices by class that prove it. */
  readonly duals: Float64Array;
  /** What no content of each container is worth more than at these prices. */
  readonly uppers: Float64Array;
  readonly patterns: readonly Pattern[];
  /** The bound meets what fractions of the patterns cost: no better one is to be had in this way. */
  readonly isClosed: boolean;
}

type Start = Omit<Generation, 'isClosed'>;

/** Weight of the best duals so far against the master's: smoothing after Wentges 1997. */
const SMOOTHING = 0.5;
const CONVERGED = 1e-4;

/**
 * Column generation over contents of single containers, from patterns that make the master feasible. Patterns are looked
 * for at smoothed prices and at the master's own with little work, and with much only when that finds none; every look is
 * a bound. Work is counted in rounds; `stop` ends it early with what is proven by then.
 */
export function generateColumns(
  problem: Bounded,
  containers: readonly Container[],
  knapsacks: readonly Knapsack[],
  start: Start,
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): Generation {
  let { bound, duals: best, uppers } = start;
  let work = 0;
  const master = new Master(problem, containers, engines, start.patterns);
  try {
    let optimum = master.solve();
    for (let round = 0; round < effort.rounds && work < effort.work && optimum !== null && !stop(); round++) {
      const { duals, objective } = optimum;
      if (objective - bound <= CONVERGED * objective) break;
      const smooth = duals.map((dual, c) => SMOOTHING * best[c]! + (1 - SMOOTHING) * dual);
      const addFrom = (at: Float64Array, budget: number): boolean => {
        const answers = priceContainers(knapsacks, at, effort.pricingBudget, budget, stop);
        for (const { visited } of answers) work += visited;
        const value = lagrangianBound(problem, containers, at, answers);
        if (value > bound) {
          bound = value;
          best = at;
          uppers = uppersOf(answers);
        }
        return master.addImproving(patternsOf(answers));
      };
      const found = [addFrom(smooth, effort.pricingBudget), addFrom(duals, effort.pricingBudget)];
      if (!found.includes(true) && !addFrom(smooth, effort.finalBudget) && !addFrom(duals, effort.finalBudget)) break;
      optimum = master.solve() ?? optimum;
    }
    const isClosed = optimum !== null && optimum.objective - bound <= CONVERGED * optimum.objective;
    return { bound, duals: best, uppers, patterns: master.patterns, isClosed };
  } finally {
    master.close();
  }
}

/** The linear program over the patterns that are known. */
class Master {
  readonly #patterns = new KnownPatterns();
  readonly #problem: Bounded;
  readonly #containers: readonly Container[];
  readonly #limitRow: ReadonlyMap<number, number>;
  readonly #lp: ReturnType<LpEngines['master']>;
  #duals: { readonly classes: Float64Array; readonly rows: Float64Array } = {
    classes: new Float64Array(0),
    rows: new Float64Array(0),
  };

  constructor(problem: Bounded, containers: readonly Container[], engines: LpEngines, patterns: readonly Pattern[]) {
    this.#problem = problem;
    this.#containers = containers;
    const limited = containers.flatMap(({ count }, k) => (Number.isFinite(count) ? [k] : []));
    this.#limitRow = new Map(limited.map((k, position) => [k, problem.classes.length + position]));
    const rows: LpRow[] = [
      ...problem.classes.map(({ pods }): LpRow => ({ sense: '>=', rhs: pods.length })),
      ...limited.map((k): LpRow => ({ sense: '<=', rhs: containers[k]!.count })),
    ];
    this.#lp = engines.master(rows, this.#columnsOf(patterns));
  }

  /** Price with fractions of patterns, micros per hour, and what one more pod of each class would cost; null without an answer. */
  solve(): { readonly objective: number; readonly duals: Float64Array } | null {
    const optimum = solveOrNull(this.#lp);
    if (optimum === null) return null;
    const classes = Float64Array.from(this.#problem.classes, (_, c) => Math.max(0, optimum.duals[c]!) / SCALE);
    this.#duals = { classes, rows: optimum.duals };
    return { objective: optimum.objective / SCALE + fixedPrice(this.#problem), duals: classes };
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
    return this.#patterns.add(candidates).map(({ container, classes, counts }) => {
      const row = this.#limitRow.get(container);
      return {
        cost: this.#containers[container]!.microsPerHour * SCALE,
        rows: row === undefined ? classes : [...classes, row],
        values: row === undefined ? counts : [...counts, 1],
      };
    });
  }

  #improves(pattern: Pattern): boolean {
    const { container } = pattern;
    let worth = worthOfPattern(pattern, this.#duals.classes);
    const row = this.#limitRow.get(container);
    if (row !== undefined) worth += this.#duals.rows[row]! / SCALE;
    const cost = this.#containers[container]!.microsPerHour;
    return worth > cost + 1e-7 * Math.max(1, cost);
  }
}
