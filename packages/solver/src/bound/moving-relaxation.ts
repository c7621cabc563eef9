import type { LpEngines } from '../lp/engines.ts';
import { numberOfPods } from '../problem/classes.ts';
import type { Problem } from '../problem/problem.ts';
import type { KnapsackAnswer } from './knapsack.ts';
import { fixedPrice } from './lagrangian.ts';
import { linearRulesOf } from './linear-rules.ts';
import { MovingMaster, type MovingOptimum, type SiteContent } from './moving-master.ts';
import { priceContainers } from './pricing.ts';
import type { Relaxation } from './relax.ts';
import { type BoundRow, type Prices, rowsOf, smoothed, smoothedPrices, takenOf, worthByContainer } from './rows.ts';
import { type Site, sitesOf } from './sites.ts';

/** Proven: a placement with m moves costs at least `micros − moveMicros × m`, its moves at their own price. */
export interface MovingBound {
  readonly micros: number;
  readonly moveMicros: number;
}

export interface MovingEffort {
  readonly rounds: number;
  /** Search nodes of one pricing problem: to find contents, and to prove that there is no better one. */
  readonly pricingBudget: number;
  readonly finalBudget: number;
  /** A round that makes it cheaper by less than this part is the last. */
  readonly leastGain: number;
}

/** Prices of pods, of rules and of moves; `rows`: of all rows, where they are a master's own. */
type MovingPrices = Pick<MovingOptimum, 'duals' | 'rowDuals' | 'moveMicros'> & {
  readonly rows: ArrayLike<number> | null;
};

/** From one budget of a pricing problem to the next. */
const STEP = 8;
const CONVERGED = 1e-3;
/** Allowance for floating point in a sum over classes and sites; the bound is rounded down by it. */
const ROUNDING = 1e-9;

/**
 * The linear program over contents of single nodes that knows which pods stay: a row for each class, for each group of
 * existing nodes with the same pods, and for the moves that there may be at most. It bounds what any placement with so
 * many moves costs, moves at their price included, and says which nodes are worth keeping with what. Column generation as
 * for the bound without moves, with a bound by Lagrangian relaxation of the rows of classes and moves at every step.
 */
export class MovingRelaxation {
  readonly bounds: MovingBound[] = [];
  readonly master: MovingMaster;
  /** All that may move. */
  readonly pods: number;
  readonly #problem: Problem;
  readonly #kinds: readonly Site[];
  readonly #nodes: readonly Site[];
  /** Over kinds and then nodes; each class counts as one that comes and as one that stays. */
  readonly #rules: readonly BoundRow[];
  #stability: Omit<MovingPrices, 'rows'> & { readonly value: number };

  constructor(problem: Problem, { containers, patterns, duals }: Relaxation, engines: LpEngines) {
    this.#problem = problem;
    this.pods = numberOfPods(problem);
    const rules = linearRulesOf(problem);
    const sites = sitesOf(problem, containers, rules);
    const rows = rowsOf(problem, sites, rules);
    const { length } = problem.classes;
    this.#rules = rows.map((row) => ({ ...row, classes: row.classes.flatMap((c) => [c, length + c]) }));
    this.#kinds = sites.filter(({ kind }) => kind !== null);
    this.#nodes = sites.filter(({ kind }) => kind === null);
    const siteOfKind = new Map(this.#kinds.map((site) => [site.kind, site]));
    const launched = patterns.flatMap(({ container, classes, counts }): SiteContent[] => {
      const site = siteOfKind.get(containers[container]!.kind);
      return site === undefined ? [] : [{ site, classes, counts, staying: counts.map(() => 0) }];
    });
    this.master = new MovingMaster(problem, sites, rows, launched, engines);
    const rowDuals = new Float64Array(rows.length);
    this.#stability = { duals, rowDuals, moveMicros: 0, value: Number.NEGATIVE_INFINITY };
  }

  /** Generates columns for at most so many moves. The optimum over those that are known by then; null: none was proven. */
  generate(mostMoves: number, effort: MovingEffort, stop: () => boolean): MovingOptimum | null {
    if (stop()) return null;
    this.master.limit(mostMoves);
    let optimum = this.master.solve();
    this.#stability = { ...this.#stability, value: Number.NEGATIVE_INFINITY };
    let last = Number.POSITIVE_INFINITY;
    for (let round = 0; round < effort.rounds && optimum !== null && !stop(); round++) {
      const { objective } = optimum;
      if (objective - this.#stability.value <= CONVERGED * objective) break;
      if (effort.leastGain > 0 && last - objective < effort.leastGain * objective) break;
      last = objective;
      const { pricingBudget, finalBudget } = effort;
      const bound = this.#stability.value;
      const isFirst = bound === Number.NEGATIVE_INFINITY;
      const from = (prices: MovingPrices, most: number) =>
        this.master.addImproving(this.#price(prices, mostMoves, pricingBudget, most, stop), optimum!);
      // Smoothed prices bound better, and the master's own lead on: a proof needs both.
      const isSmoothFound = !isFirst && from(this.#smooth(optimum), pricingBudget);
      const isProof = finalBudget > pricingBudget;
      const found =
        ((isProof || !isSmoothFound) && from(optimum, pricingBudget)) ||
        isSmoothFound ||
        (isProof && from(optimum, finalBudget));
      if (found) optimum = this.master.solve() ?? optimum;
      else if (this.#stability.value <= bound) break;
    }
    return optimum;
  }

  close(): void {
    this.master.close();
  }

  #smooth(latest: MovingPrices): MovingPrices {
    const best = this.#stability;
    return { ...smoothedPrices(best, latest), moveMicros: smoothed(best.moveMicros, latest.moveMicros), rows: null };
  }

  /** The best content of every site at these prices, and a bound from what each can be worth at most. */
  #price(
    { duals, rowDuals, moveMicros, rows }: MovingPrices,
    mostMoves: number,
    budget: number,
    most: number,
    stop: () => boolean,
  ): SiteContent[] {
    const { classes } = this.#problem;
    const profits = new Float64Array(2 * classes.length);
    profits.set(duals);
    const asKinds = { duals: profits, rowDuals };
    const takenOfAll = takenOf(this.#rules, asKinds, this.#kinds.length + this.#nodes.length);
    const worthIn = worthByContainer(this.#rules, asKinds);
    const ofKinds = priceContainers(
      this.#kinds.map(({ knapsack }) => knapsack),
      (k) => profitsOn(this.#kinds[k]!, worthIn(k)),
      budget,
      most,
      stop,
      takenOfAll,
    );
    // What can be launched without limit may not be worth more than it costs (Farley 1990).
    let worthPerPrice = 1;
    this.#kinds.forEach(({ microsPerHour }, k) => {
      const upper = ofKinds[k]!.upper - takenOfAll[k]!;
      if (upper > 0)
        worthPerPrice = Math.max(worthPerPrice, microsPerHour > 0 ? upper / microsPerHour : Number.POSITIVE_INFINITY);
    });
    const scaled = {
      duals: duals.map((dual) => dual / worthPerPrice),
      rowDuals: rowDuals.map((dual) => dual / worthPerPrice),
    };
    scaled.duals.forEach((dual, c) => {
      profits[c] = dual;
      profits[classes.length + c] = dual + this.master.worthOfStay(c, moveMicros);
    });
    const ofNodes = this.#priceNodes({ duals: profits, rowDuals: scaled.rowDuals }, budget, most, rows, stop);
    let total = 0;
    for (const { index, pods } of classes) total += profits[classes.length + index]! * pods.length;
    let above = 0;
    this.#nodes.forEach(({ microsPerHour, nodes }, k) => {
      const taken = takenOfAll[this.#kinds.length + k]! / worthPerPrice;
      above += nodes.length * Math.max(0, ofNodes[k]!.upper - taken - microsPerHour);
    });
    this.#rules.forEach((rule, r) => {
      const given = scaled.rowDuals[r]! * rule.most;
      if (given > 0) above += given;
      else total -= given;
    });
    const micros = fixedPrice(this.#problem) + total - above - ROUNDING * (Math.abs(total) + above);
    this.bounds.push({ micros, moveMicros });
    const value = micros - moveMicros * mostMoves;
    if (value > this.#stability.value) this.#stability = { ...scaled, moveMicros, value };
    return [...this.#contentsOf(this.#kinds, ofKinds), ...this.#contentsOf(this.#nodes, ofNodes)];
  }

  /** Where the prices are a master's own, what is no better than what it has is not looked for. */
  #priceNodes(
    prices: Prices,
    budget: number,
    most: number,
    rowDuals: ArrayLike<number> | null,
    stop: () => boolean,
  ): KnapsackAnswer[] {
    const first = this.#kinds.length;
    const worthIn = worthByContainer(this.#rules, prices);
    const taken = takenOf(this.#rules, prices, first + this.#nodes.length);
    return this.#nodes.map((site, k) => {
      const { knapsack, microsPerHour } = site;
      const worth = profitsOn(site, worthIn(first + k));
      const own = rowDuals === null ? 0 : this.master.worthOfSite(site, rowDuals);
      const enough = Math.max(0, microsPerHour + taken[first + k]! + own);
      let answer = knapsack.solve(worth, budget, enough);
      for (let spent = STEP * budget; spent <= most && !stop(); spent *= STEP) {
        if (answer.upper <= enough || answer.upper <= answer.value * (1 + 1e-9)) break;
        answer = knapsack.solve(worth, spent, enough);
      }
      return answer;
    });
  }

  #contentsOf(sites: readonly Site[], answers: readonly KnapsackAnswer[]): SiteContent[] {
    const { length } = this.#problem.classes;
    return sites.map((site, k) => {
      const counts = new Map<number, { count: number; staying: number }>();
      answers[k]!.classes.forEach((one, at) => {
        const c = one % length;
        const known = counts.get(c) ?? { count: 0, staying: 0 };
        known.count += answers[k]!.counts[at]!;
        if (one >= length) known.staying += answers[k]!.counts[at]!;
        counts.set(c, known);
      });
      const all = [...counts.values()];
      return {
        site,
        classes: [...counts.keys()],
        counts: all.map(({ count }) => count),
        staying: all.map(({ staying }) => staying),
      };
    });
  }
}

/** What pods are worth on a site, less what they cost there themselves. */
function profitsOn({ podMicrosPerHour }: Site, profits: Float64Array): Float64Array {
  if (podMicrosPerHour === null) return profits;
  return profits.map((profit, one) => profit - podMicrosPerHour[one % podMicrosPerHour.length]!);
}

/** What a placement with at most so many moves costs at least; 0: nothing is proven. */
export function boundWithin(bounds: readonly MovingBound[], mostMoves: number): number {
  let best = 0;
  for (const { micros, moveMicros } of bounds) best = Math.max(best, micros - moveMicros * mostMoves);
  return best;
}
