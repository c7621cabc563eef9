import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { generateColumns, type RelaxationEffort } from './column-generation.ts';
import { type Content, HeldBy, type HeldByEffort } from './held-by.ts';
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

export interface Tightened {
  /** Proven: no valid placement costs less, micros per hour. */
  readonly bound: number;
  /** What whole nodes may hold that cost no more than that, if rules between nodes let them and little is left over; null: not known. */
  readonly contents: readonly Content[] | null;
}

/** That nodes are whole is of little weight where the dearest is less than this part of what all cost. */
const WEIGHTY = 0.1;
/** Part of the work on columns that is done where whole nodes follow. */
const COLUMNS_OF_WHOLE = 0.15;
/** With more containers, what each set of nodes holds takes too long to say. */
const MOST_CONTAINERS = 200;
/** Whole nodes are not proven to cost more than this many times what fractions of them do. */
const LIMIT = 1.25;

/** Whether more work can prove more, in a time that is worth waiting for. */
export function canTighten(problem: Pick<Bounded, 'classes'>, relaxation: Relaxation): boolean {
  return problem.classes.length <= MOST_TOGETHER && (!relaxation.isClosed || isWholeWeighty(relaxation));
}

/** Where no more is done. */
export function untightened({ bound }: Pick<Relaxation, 'bound'>): Tightened {
  return { bound, contents: null };
}

/** Goes on where `relax` ended, with more work; only where `canTighten` says so. */
export function tighten(
  problem: Bounded,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: TighteningEffort,
  stop: () => boolean,
): Tightened {
  const { containers, duals } = relaxation;
  const knapsacks = knapsacksOf(problem, containers);
  const patterns =
    relaxation.patterns.length > 0 ? relaxation.patterns : firstPatterns(problem, knapsacks, duals, effort, stop);
  const start = { ...relaxation, patterns };
  const isWhole = isWholeWeighty(relaxation);
  // What whole nodes cost says more than the last tenths of a percent of this.
  const work = isWhole ? effort.work * COLUMNS_OF_WHOLE : effort.work;
  const found = generateColumns(problem, containers, knapsacks, start, engines, { ...effort, work }, stop);
  const bound = Math.max(relaxation.bound, roundToPrices(problem, found.bound));
  if (stop() || !isWhole) return { bound, contents: null };
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
    const contents = whole.counts === null ? null : held.contentsOf(whole.counts);
    return { bound: Math.max(bound, fixed + whole.bound), contents };
  } finally {
    held.close();
  }
}

/** Whether nodes are so few that it counts that they are whole. */
export function isWholeWeighty({ containers, bound }: Pick<Relaxation, 'containers' | 'bound'>): boolean {
  const dearest = containers.reduce((most, { microsPerHour }) => Math.max(most, microsPerHour), 0);
  const isPriced = containers.every(({ count, microsPerHour }) => microsPerHour > 0 || Number.isFinite(count));
  return containers.length <= MOST_CONTAINERS && isPriced && dearest >= WEIGHTY * bound;
}
