import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { type Generation, generateColumns, type RelaxationEffort } from './column-generation.ts';
import { compactRelaxation } from './compact-relaxation.ts';
import type { Container } from './containers.ts';
import { knapsacksOf, uppersOf } from './knapsack.ts';
import { fixedPrice, lagrangianBound, roundToPrices } from './lagrangian.ts';
import { MOST_AT_ONCE, patternsInParts } from './parts.ts';
import { firstPatterns, patternsOf } from './patterns.ts';
import { priceContainers } from './pricing.ts';

/** `bound`: proven lower bound on the price of all priced nodes, whole micros per hour. */
export interface Relaxation extends Generation {
  readonly containers: readonly Container[];
}

/**
 * Bounds the problem and finds the patterns that a cheap plan is made of: column generation, started from the compact
 * relaxation's prices; part by part where there are too many classes, with the compact relaxation's bound. Where `isNear`
 * says of the bound so far that little can be saved anyway, no patterns are looked for.
 */
export function relax(
  problem: Bounded,
  containers: readonly Container[],
  engines: LpEngines,
  effort: RelaxationEffort,
  isNear: (bound: number) => boolean,
  stop: () => boolean,
): Relaxation {
  const nothing = new Float64Array(problem.classes.length);
  if (problem.classes.length === 0 || containers.length === 0) {
    return { containers, bound: fixedPrice(problem), duals: nothing, uppers: nothing, patterns: [], isClosed: true };
  }
  const knapsacks = knapsacksOf(problem, containers);
  const { duals, roomDuals } = compactRelaxation(problem, containers, engines, stop);
  knapsacks.forEach((knapsack, k) => {
    knapsack.startFrom(roomDuals[k]!);
  });
  const answers = priceContainers(knapsacks, duals, effort.pricingBudget, effort.finalBudget, stop);
  const bound = lagrangianBound(problem, containers, duals, answers);
  const atOnce = { containers, duals, uppers: uppersOf(answers), isClosed: false };
  if (isNear(bound)) {
    return { ...atOnce, bound: roundToPrices(problem, bound), patterns: [] };
  }
  if (problem.classes.length > MOST_AT_ONCE) {
    const patterns = patternsInParts(problem, containers, duals, engines, effort, stop);
    return { ...atOnce, bound: roundToPrices(problem, bound), patterns };
  }
  const patterns = firstPatterns(problem, knapsacks, duals, effort, stop);
  const generation = generateColumns(
    problem,
    containers,
    knapsacks,
    { ...atOnce, bound, patterns: [...patterns, ...patternsOf(answers)] },
    engines,
    effort,
    stop,
  );
  return { ...generation, containers, bound: roundToPrices(problem, generation.bound) };
}
