import type { LpEngines } from '../lp/engines.ts';
import { type Generation, generateColumns, type RelaxationEffort } from './column-generation.ts';
import { compactRelaxation } from './compact-relaxation.ts';
import type { Container } from './containers.ts';
import type { Covering } from './covering.ts';
import { fixedPrice, lagrangianBound, roundToPrices, uppersAt } from './lagrangian.ts';
import { MOST_AT_ONCE, patternsInParts } from './parts.ts';
import { firstPatterns, patternsOf } from './patterns.ts';
import { priceAt } from './pricing.ts';
import type { BoundRow } from './rows.ts';

/** `bound`: proven lower bound on the price of all priced nodes, whole micros per hour. */
export interface Relaxation extends Generation {
  readonly containers: readonly Container[];
  readonly rows: readonly BoundRow[];
}

/**
 * Bounds the problem and finds the patterns that a cheap plan is made of: column generation, started from the compact
 * relaxation's prices; part by part where there are too many classes, with the compact relaxation's bound. Where `isNear`
 * says of the bound so far that little can be saved anyway, no patterns are looked for.
 */
export function relax(
  covering: Covering,
  engines: LpEngines,
  effort: RelaxationEffort,
  isNear: (bound: number) => boolean,
  stop: () => boolean,
): Relaxation {
  const { problem, containers, rows, knapsacks } = covering;
  const whole = { containers, rows };
  if (problem.classes.length === 0 || containers.length === 0) {
    const nothing = new Float64Array(problem.classes.length);
    const prices = { duals: nothing, rowDuals: new Float64Array(rows.length), uppers: nothing };
    return { ...whole, ...prices, bound: fixedPrice(problem), patterns: [], isClosed: true };
  }
  const { roomDuals, ...prices } = compactRelaxation(covering, engines, stop);
  knapsacks.forEach((knapsack, k) => {
    knapsack.startFrom(roomDuals[k]!);
  });
  const answers = priceAt(covering, prices, effort.pricingBudget, effort.finalBudget, stop);
  const bound = lagrangianBound(covering, prices, answers);
  const atOnce = { ...whole, ...prices, uppers: uppersAt(covering, prices, answers), isClosed: false };
  if (isNear(bound)) {
    return { ...atOnce, bound: roundToPrices(problem, bound), patterns: [] };
  }
  if (problem.classes.length > MOST_AT_ONCE) {
    const patterns = patternsInParts(covering, prices, engines, effort, stop);
    return { ...atOnce, bound: roundToPrices(problem, bound), patterns };
  }
  const patterns = [...firstPatterns(covering, prices, effort, stop), ...patternsOf(answers)];
  const generation = generateColumns(covering, { ...atOnce, bound, patterns }, engines, effort, stop);
  return { ...generation, ...whole, bound: roundToPrices(problem, generation.bound) };
}
