import { type LpEngines, type LpMaster, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import type { Problem } from '../problem/problem.ts';
import { compactRelaxation } from './compact-relaxation.ts';
import { type Container, containersOf } from './containers.ts';
import { Knapsack, type KnapsackAnswer } from './knapsack.ts';
import { fixedPrice, lagrangianBound, roundToPrices } from './lagrangian.ts';
import { SCALE } from './scale.ts';

/** A content of one container. */
export interface Pattern {
  readonly container: number;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
}

export interface Relaxation {
  readonly containers: readonly Container[];
  /** Proven lower bound on the price of all priced nodes, whole micros per hour. */
  readonly bound: number;
  /** What one more pod of a class costs, by the best bound's duals. */
  readonly duals: Float64Array;
  readonly patterns: readonly Pattern[];
}

export interface RelaxationEffort {
  readonly rounds: number;
  /** Search nodes of one pricing problem, and of one in the final bound. */
  readonly pricingBudget: number;
  readonly finalBudget: number;
}

/** Weight of the best duals so far against the master's: smoothing after Wentges 1997. */
const SMOOTHING = 0.6;
const CONVERGED = 1e-4;

/**
 * Bounds the problem and finds the patterns that a cheap plan is made of: column generation over contents of single
 * containers, started from the compact relaxation's duals. Work is counted in rounds; `stop` ends it early with what is
 * proven by then.
 */
export function relax(problem: Problem, engines: LpEngines, effort: RelaxationEffort, stop: () => boolean): Relaxation {
  const containers = containersOf(problem);
  const nothing = new Float64Array(problem.classes.length);
  if (problem.classes.length === 0 || containers.length === 0) {
    return { containers, bound: fixedPrice(problem), duals: nothing, patterns: [] };
  }
  const knapsacks = containers.map((container) => new Knapsack(container, problem.classes, problem.boundResources));
  const compact = compactRelaxation(problem, containers, engines);
  let best = compact.duals;
  knapsacks.forEach((knapsack, k) => {
    knapsack.startFrom(compact.roomDuals[k]!);
  });
  let answers = price(knapsacks, best, effort.pricingBudget);
  let bound = lagrangianBound(problem, containers, best, answers);

  const limited = containers.flatMap(({ count }, k) => (Number.isFinite(count) ? [k] : []));
  const limitRow = new Map(limited.map((k, position) => [k, problem.classes.length + position]));
  const rows: LpRow[] = [
    ...problem.classes.map(({ pods }): LpRow => ({ sense: '>=', rhs: pods.length })),
    ...limited.map((k): LpRow => ({ sense: '<=', rhs: containers[k]!.count })),
  ];
  const patterns: Pattern[] = [];
  const seen = new Set<string>();
  const columnOf = (pattern: Pattern): LpColumn => {
    const row = limitRow.get(pattern.container);
    return {
      cost: containers[pattern.container]!.microsPerHour * SCALE,
      rows: row === undefined ? pattern.classes : [...pattern.classes, row],
      values: row === undefined ? pattern.counts : [...pattern.counts, 1],
    };
  };
  const collect = (candidates: readonly Pattern[]): LpColumn[] => {
    const columns: LpColumn[] = [];
    for (const pattern of candidates) {
      const key = `${pattern.container}:${pattern.classes.join(',')}:${pattern.counts.join(',')}`;
      if (pattern.classes.length === 0 || seen.has(key)) continue;
      seen.add(key);
      patterns.push(pattern);
      columns.push(columnOf(pattern));
    }
    return columns;
  };

  const initial = collect([...startingPatterns(problem, containers), ...patternsOf(answers)]);
  const master: LpMaster = engines.master(rows, initial);
  try {
    let optimum = solveOrNull(master);
    for (let round = 0; round < effort.rounds && optimum !== null && !stop(); round++) {
      const { duals: rowDuals, objective } = optimum;
      const masterDuals = Float64Array.from(problem.classes, (_, c) => Math.max(0, rowDuals[c]!) / SCALE);
      const upper = objective / SCALE + fixedPrice(problem);
      if (upper - bound <= CONVERGED * upper) break;
      const smooth = masterDuals.map((dual, c) => SMOOTHING * best[c]! + (1 - SMOOTHING) * dual);
      let columns: LpColumn[] = [];
      for (const [duals, budget] of [
        [smooth, effort.pricingBudget],
        [masterDuals, effort.pricingBudget],
        [masterDuals, 10 * effort.pricingBudget],
      ] as const) {
        answers = price(knapsacks, duals, budget);
        const value = lagrangianBound(problem, containers, duals, answers);
        if (value > bound) {
          bound = value;
          best = duals;
        }
        columns = collect(
          patternsOf(answers).filter((pattern) => improves(pattern, containers, masterDuals, rowDuals, limitRow)),
        );
        if (columns.length > 0) break;
      }
      if (columns.length === 0) break;
      master.add(columns);
      optimum = solveOrNull(master) ?? optimum;
    }
    const duals = best;
    const final = lagrangianBound(problem, containers, duals, price(knapsacks, duals, effort.finalBudget));
    return { containers, bound: roundToPrices(problem, Math.max(bound, final)), duals, patterns };
  } finally {
    master.close();
  }
}

function price(knapsacks: readonly Knapsack[], duals: ArrayLike<number>, budget: number): KnapsackAnswer[] {
  return knapsacks.map((knapsack) => knapsack.solve(duals, budget));
}

function patternsOf(answers: readonly KnapsackAnswer[]): Pattern[] {
  return answers.map(({ classes, counts }, container) => ({ container, classes, counts }));
}

/** The pattern has a negative reduced cost in the master. */
function improves(
  { container, classes, counts }: Pattern,
  containers: readonly Container[],
  masterDuals: Float64Array,
  rowDuals: Float64Array,
  limitRow: ReadonlyMap<number, number>,
): boolean {
  let worth = 0;
  for (let k = 0; k < classes.length; k++) worth += masterDuals[classes[k]!]! * counts[k]!;
  const row = limitRow.get(container);
  if (row !== undefined) worth += rowDuals[row]! / SCALE;
  const cost = containers[container]!.microsPerHour;
  return worth > cost + 1e-7 * Math.max(1, cost);
}

/** Patterns that make the master feasible: what runs now on groups of nodes, and each class alone in each container. */
function startingPatterns(problem: Problem, containers: readonly Container[]): Pattern[] {
  const patterns: Pattern[] = [];
  containers.forEach(({ most, nodes }, container) => {
    for (const n of nodes) {
      const { homeClasses, homeCounts } = problem.nodes[n]!;
      patterns.push({ container, classes: [...homeClasses], counts: [...homeCounts] });
    }
    most.forEach((count, c) => {
      if (count > 0 && (nodes.length > 0 || problem.classes.length <= 400))
        patterns.push({ container, classes: [c], counts: [count] });
    });
  });
  if (problem.classes.length > 400) patterns.push(...cheapestAlone(problem, containers));
  return patterns;
}

function cheapestAlone(problem: Problem, containers: readonly Container[]): Pattern[] {
  return problem.classes.flatMap(({ index }): Pattern[] => {
    let best: Pattern | null = null;
    let bestPrice = Number.POSITIVE_INFINITY;
    containers.forEach(({ most, count, microsPerHour }, container) => {
      if (most[index]! === 0 || Number.isFinite(count)) return;
      const price = microsPerHour / most[index]!;
      if (price < bestPrice) {
        bestPrice = price;
        best = { container, classes: [index], counts: [most[index]!] };
      }
    });
    return best === null ? [] : [best];
  });
}
