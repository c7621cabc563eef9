import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { type Generation, generateColumns, type RelaxationEffort } from './column-generation.ts';
import { compactRelaxation } from './compact-relaxation.ts';
import type { Container } from './containers.ts';
import { Knapsack } from './knapsack.ts';
import { fixedPrice, lagrangianBound, roundToPrices } from './lagrangian.ts';
import { patternsOf, startingPatterns, variedPatterns } from './patterns.ts';
import { priceContainers } from './pricing.ts';

/** `bound`: proven lower bound on the price of all priced nodes, whole micros per hour. */
export interface Relaxation extends Generation {
  readonly containers: readonly Container[];
}

/**
 * Bounds the problem and finds the patterns that a cheap plan is made of: column generation, started from the compact
 * relaxation's prices.
 */
export function relax(
  problem: Bounded,
  containers: readonly Container[],
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): Relaxation {
  const nothing = new Float64Array(problem.classes.length);
  if (problem.classes.length === 0 || containers.length === 0) {
    return { containers, bound: fixedPrice(problem), duals: nothing, patterns: [], isClosed: true };
  }
  const knapsacks = knapsacksOf(problem, containers);
  const { duals, roomDuals } = compactRelaxation(problem, containers, engines);
  knapsacks.forEach((knapsack, k) => {
    knapsack.startFrom(roomDuals[k]!);
  });
  const answers = priceContainers(knapsacks, duals, effort.pricingBudget, effort.finalBudget);
  const start = {
    bound: lagrangianBound(problem, containers, duals, answers),
    duals,
    patterns: [
      ...startingPatterns(problem, containers),
      ...patternsOf(answers),
      ...variedPatterns(knapsacks, duals, effort),
    ],
  };
  const generation = generateColumns(problem, containers, knapsacks, start, engines, effort, stop);
  return { ...generation, containers, bound: roundToPrices(problem, generation.bound) };
}

/** Goes on where `relax` ended, with more work. */
export function tighten(
  problem: Bounded,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): number {
  const { containers, isClosed } = relaxation;
  if (isClosed) return relaxation.bound;
  const knapsacks = knapsacksOf(problem, containers);
  const { bound } = generateColumns(problem, containers, knapsacks, relaxation, engines, effort, stop);
  return Math.max(relaxation.bound, roundToPrices(problem, bound));
}

function knapsacksOf(problem: Bounded, containers: readonly Container[]): Knapsack[] {
  return containers.map((container) => new Knapsack(container, problem.classes, problem.boundResources));
}
