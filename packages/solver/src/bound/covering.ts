import type { Problem } from '../problem/problem.ts';
import type { Bounded } from './bounded.ts';
import { type Container, containersOf } from './containers.ts';
import { type Knapsack, knapsacksOf } from './knapsack.ts';
import { type LinearRules, linearRulesOf } from './linear-rules.ts';
import { type BoundRow, rowsOf } from './rows.ts';

/** What a bound is made of: pods that are to be covered, what holds them, and rules between what holds them. */
export interface Covering {
  readonly problem: Bounded;
  readonly containers: readonly Container[];
  /** One for each container. */
  readonly knapsacks: readonly Knapsack[];
  readonly rows: readonly BoundRow[];
}

export function coveringOf(problem: Problem, rules: LinearRules = linearRulesOf(problem)): Covering {
  const containers = containersOf(problem, rules);
  return { problem, containers, knapsacks: knapsacksOf(problem, containers), rows: rowsOf(problem, containers, rules) };
}
