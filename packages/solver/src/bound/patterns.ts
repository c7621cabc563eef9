import { seededRandom } from '@restow/model';
import type { Bounded } from './bounded.ts';
import type { RelaxationEffort } from './column-generation.ts';
import type { Container } from './containers.ts';
import type { Covering } from './covering.ts';
import type { KnapsackAnswer } from './knapsack.ts';
import { priceAt } from './pricing.ts';
import type { Prices } from './rows.ts';

/** A content of one container. */
export interface Pattern {
  readonly container: number;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
}

/** The patterns that a program has, each once. */
export class KnownPatterns {
  readonly all: Pattern[] = [];
  readonly #keys = new Set<string>();

  /** Adds those that are new and hold something; these, in their order. */
  add(patterns: readonly Pattern[]): Pattern[] {
    return patterns.filter((pattern) => {
      const { container, classes, counts } = pattern;
      const key = `${container}:${classes.join(',')}:${counts.join(',')}`;
      if (classes.length === 0 || this.#keys.has(key)) return false;
      this.#keys.add(key);
      this.all.push(pattern);
      return true;
    });
  }
}

/** What it holds, at these prices by class. */
export function worthOfPattern({ classes, counts }: Pattern, duals: ArrayLike<number>): number {
  let worth = 0;
  for (let k = 0; k < classes.length; k++) worth += duals[classes[k]!]! * counts[k]!;
  return worth;
}

/** Prices are varied by up to this part to find patterns to start with. */
const SPREAD = 0.1;
const SEED = 1;
/** With more classes, each is tried alone in the container that holds it cheapest, and in no other. */
const FEW_CLASSES = 400;

export function patternsOf(answers: readonly KnapsackAnswer[]): Pattern[] {
  return answers.map(({ classes, counts }, container) => ({ container, classes, counts }));
}

/** What column generation begins with. */
export function firstPatterns(
  covering: Covering,
  prices: Prices,
  effort: RelaxationEffort,
  stop: () => boolean,
): Pattern[] {
  const { problem, containers } = covering;
  return [...startingPatterns(problem, containers), ...variedPatterns(covering, prices, effort, stop)];
}

/**
 * Contents that are the best at prices near these ones: nearly as good, and different. A master that has many of them to
 * combine is near to its optimum after a few rounds, and what is rounded from them is cheaper.
 */
function variedPatterns(
  covering: Covering,
  { duals, rowDuals }: Prices,
  { variations, pricingBudget }: RelaxationEffort,
  stop: () => boolean,
): Pattern[] {
  const random = seededRandom(SEED);
  const patterns: Pattern[] = [];
  for (let k = 0; k < variations && !stop(); k++) {
    const varied = duals.map((dual) => dual * (1 + SPREAD * (2 * random() - 1)));
    patterns.push(...patternsOf(priceAt(covering, { duals: varied, rowDuals }, pricingBudget, pricingBudget)));
  }
  return patterns;
}

/** Patterns that make the master feasible: what runs now on groups of nodes, and each class alone in each container. */
function startingPatterns({ classes, nodes }: Bounded, containers: readonly Container[]): Pattern[] {
  const patterns: Pattern[] = [];
  const isFew = classes.length <= FEW_CLASSES;
  containers.forEach(({ most, nodes: members }, container) => {
    for (const n of members) {
      const { homeClasses, homeCounts } = nodes[n]!;
      patterns.push({ container, classes: [...homeClasses], counts: [...homeCounts] });
    }
    most.forEach((count, c) => {
      if (count > 0 && (members.length > 0 || isFew)) patterns.push({ container, classes: [c], counts: [count] });
    });
  });
  if (!isFew) patterns.push(...classes.flatMap(({ index }) => cheapestAlone(index, containers)));
  return patterns;
}

function cheapestAlone(index: number, containers: readonly Container[]): Pattern[] {
  let best: Pattern[] = [];
  let bestPrice = Number.POSITIVE_INFINITY;
  containers.forEach(({ most, count, microsPerHour }, container) => {
    if (most[index]! === 0 || Number.isFinite(count)) return;
    const price = microsPerHour / most[index]!;
    if (price < bestPrice) {
      bestPrice = price;
      best = [{ container, classes: [index], counts: [most[index]!] }];
    }
  });
  return best;
}
