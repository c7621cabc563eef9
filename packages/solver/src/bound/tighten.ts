import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { generateColumns, type RelaxationEffort } from './column-generation.ts';
import { HeldBy, type HeldByEffort } from './held-by.ts';
import { knapsacksOf } from './knapsack.ts';
import { fixedPrice, priceDivisor, roundToPrices } from './lagrangian.ts';
import { MOST_TOGETHER } from './parts.ts';
import { firstPatterns } from './patterns.ts';
import type { Relaxation } from './relax.ts';
import { boundOfWholeNodes, type WholeNodesEffort } from './whole-nodes.ts';

/** What goes on with a bound. */
export interface TighteningEffort extends RelaxationEffort {
  readonly wholeNodes: WholeNodesEffort & HeldByEffort;
}

/** That nodes are whole is of little weight where the dearest is less than this part of what all cost. */
const WEIGHTY = 0.05;
/** With more containers, what each set of nodes holds takes too long to say. */
const MOST_CONTAINERS = 200;
/** Whole nodes are not proven to cost more than this many times what fractions of them do. */
const LIMIT = 1.25;

/** Whether more work can prove more, in a time that is worth waiting for. */
export function canTighten(problem: Pick<Bounded, 'classes'>, relaxation: Relaxation): boolean {
  return problem.classes.length <= MOST_TOGETHER && (!relaxation.isClosed || isWholeWeighty(relaxation));
}

/** Goes on where `relax` ended, with more work; only where `canTighten` says so. */
export function tighten(
  problem: Bounded,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: TighteningEffort,
  stop: () => boolean,
): number {
  const { containers, duals } = relaxation;
  const knapsacks = knapsacksOf(problem, containers);
  const patterns =
    relaxation.patterns.length > 0 ? relaxation.patterns : firstPatterns(problem, knapsacks, duals, effort, stop);
  const start = { ...relaxation, patterns };
  const found = generateColumns(problem, containers, knapsacks, start, engines, effort, stop);
  const bound = Math.max(relaxation.bound, roundToPrices(problem, found.bound));
  if (stop() || !isWholeWeighty({ ...relaxation, bound })) return bound;
  const fixed = fixedPrice(problem);
  const held = new HeldBy(problem, knapsacks, found, engines, effort.wholeNodes, stop);
  const demand = problem.classes.reduce((sum, { index, pods }) => sum + found.duals[index]! * pods.length, 0);
  try {
    const whole = boundOfWholeNodes(
      containers,
      { uppers: found.uppers, demand },
      (counts) => held.violatedBy(counts),
      { limit: LIMIT * (bound - fixed), divisor: priceDivisor(problem) },
      engines,
      effort.wholeNodes,
      stop,
    );
    return Math.max(bound, fixed + whole);
  } finally {
    held.close();
  }
}

function isWholeWeighty({ containers, bound }: Pick<Relaxation, 'containers' | 'bound'>): boolean {
  const dearest = containers.reduce((most, { microsPerHour }) => Math.max(most, microsPerHour), 0);
  const isPriced = containers.every(({ count, microsPerHour }) => microsPerHour > 0 || Number.isFinite(count));
  return containers.length <= MOST_CONTAINERS && isPriced && dearest >= WEIGHTY * bound;
}
