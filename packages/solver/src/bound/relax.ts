import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { type Generation, generateColumns, type RelaxationEffort } from './column-generation.ts';
import { compactRelaxation } from './compact-relaxation.ts';
import type { Container } from './containers.ts';
import { Knapsack } from './knapsack.ts';
import { fixedPrice, lagrangianBound, roundToPrices } from './lagrangian.ts';
import { MOST_AT_ONCE, MOST_TOGETHER, patternsInParts } from './parts.ts';
import { type Pattern, patternsOf, startingPatterns, variedPatterns } from './patterns.ts';
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
    return { containers, bound: fixedPrice(problem), duals: nothing, patterns: [], isClosed: true };
  }
  const knapsacks = knapsacksOf(problem, containers);
  const { duals, roomDuals } = compactRelaxation(problem, containers, engines);
  knapsacks.forEach((knapsack, k) => {
    knapsack.startFrom(roomDuals[k]!);
  });
  const answers = priceContainers(knapsacks, duals, effort.pricingBudget, effort.finalBudget, stop);
  const bound = lagrangianBound(problem, containers, duals, answers);
  if (isNear(bound)) {
    return { containers, bound: roundToPrices(problem, bound), duals, patterns: [], isClosed: false };
  }
  if (problem.classes.length > MOST_AT_ONCE) {
    const patterns = patternsInParts(problem, containers, duals, engines, effort, stop);
    return { containers, bound: roundToPrices(problem, bound), duals, patterns, isClosed: false };
  }
  const patterns = firstPatterns(problem, knapsacks, duals, effort, stop);
  const generation = generateColumns(
    problem,
    containers,
    knapsacks,
    { bound, duals, patterns: [...patterns, ...patternsOf(answers)] },
    engines,
    effort,
    stop,
  );
  return { ...generation, containers, bound: roundToPrices(problem, generation.bound) };
}

/** Whether more work can prove more, in a time that is worth waiting for. */
export function canTighten({ classes }: Pick<Bounded, 'classes'>, { isClosed }: Pick<Relaxation, 'isClosed'>): boolean {
  return !isClosed && classes.length <= MOST_TOGETHER;
}

/** Goes on where `relax` ended, with more work; only where `canTighten` says so. */
export function tighten(
  problem: Bounded,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): number {
  const { containers, duals } = relaxation;
  const knapsacks = knapsacksOf(problem, containers);
  const patterns =
    relaxation.patterns.length > 0 ? relaxation.patterns : firstPatterns(problem, knapsacks, duals, effort, stop);
  const start = { ...relaxation, patterns };
  const { bound } = generateColumns(problem, containers, knapsacks, start, engines, effort, stop);
  return Math.max(relaxation.bound, roundToPrices(problem, bound));
}

function firstPatterns(
  problem: Bounded,
  knapsacks: readonly Knapsack[],
  duals: Float64Array,
  effort: RelaxationEffort,
  stop: () => boolean,
): Pattern[] {
  const containers = knapsacks.map(({ container }) => container);
  return [...startingPatterns(problem, containers), ...variedPatterns(knapsacks, duals, effort, stop)];
}

function knapsacksOf(problem: Bounded, containers: readonly Container[]): Knapsack[] {
  return containers.map((container) => new Knapsack(container, problem.classes, problem.boundResources));
}
