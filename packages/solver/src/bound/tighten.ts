import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { type Generation, generateColumns, type RelaxationEffort } from './column-generation.ts';
import type { Covering } from './covering.ts';
import { type Content, HeldBy, type HeldByEffort } from './held-by.ts';
import { knapsacksOf } from './knapsack.ts';
import { fixedPrice, priceDivisor, roundToPrices, worthOfAll } from './lagrangian.ts';
import { packWhole } from './pack-whole.ts';
import { MOST_TOGETHER } from './parts.ts';
import { firstPatterns } from './patterns.ts';
import type { Relaxation } from './relax.ts';
import { boundOfWholeNodes, type Counts, type Verdict, type WholeNodesEffort } from './whole-nodes.ts';

/** What goes on with a bound. */
export interface TighteningEffort extends RelaxationEffort {
  readonly wholeNodes: WholeNodesEffort &
    HeldByEffort & {
      /** Looks at what could make way for a pod, while one set of nodes is packed. */
      readonly packing: number;
      /** Nodes are looked for that hold so many times all pods besides: the more, the easier they are to pack, and the dearer. */
      readonly roomFor: readonly number[];
    };
}

export interface Tightened {
  /** Proven: no valid placement costs less, micros per hour. */
  readonly bound: number;
  /** What whole nodes may hold that cost little more than that, where rules between nodes let them: nearly all pods. */
  readonly contents: readonly (readonly Content[])[];
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
  return { bound, contents: [] };
}

/** Goes on where `relax` ended, with more work; only where `canTighten` says so. */
export function tighten(
  problem: Bounded,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: TighteningEffort,
  stop: () => boolean,
): Tightened {
  const { containers, rows } = relaxation;
  const covering = { problem, containers, rows, knapsacks: knapsacksOf(problem, containers) };
  const patterns =
    relaxation.patterns.length > 0 ? relaxation.patterns : firstPatterns(covering, relaxation, effort, stop);
  const start = { ...relaxation, patterns };
  const isWhole = isWholeWeighty(relaxation);
  // What whole nodes cost says more than the last tenths of a percent of this.
  const work = isWhole ? effort.work * COLUMNS_OF_WHOLE : effort.work;
  const found = generateColumns(covering, start, engines, { ...effort, work }, stop);
  const bound = Math.max(relaxation.bound, roundToPrices(problem, found.bound));
  if (stop() || !isWhole) return { bound, contents: [] };
  return tightenWhole(covering, { ...found, bound }, engines, effort.wholeNodes, stop);
}

function tightenWhole(
  covering: Covering,
  found: Generation,
  engines: LpEngines,
  effort: TighteningEffort['wholeNodes'],
  stop: () => boolean,
): Tightened {
  const { problem, containers, knapsacks } = covering;
  const uppers = found.uppers.map((upper) => Math.max(0, upper));
  const fixed = fixedPrice(problem);
  const prices = { limit: LIMIT * (found.bound - fixed), divisor: priceDivisor(problem) };
  const { worth: demand } = worthOfAll(covering, found);
  // A bound may be known from elsewhere while prices say nothing: then they make no row either.
  if (demand <= 0) return { bound: found.bound, contents: [] };
  const held = new HeldBy(problem, knapsacks, found, engines, effort, stop);
  const contents: (readonly Content[])[] = [];
  const pack = (counts: Counts): Verdict => {
    const start = held.contentsOf(counts);
    const packed = packWhole(problem, containers, counts, found.duals, start, effort.packing);
    // Without it: nearly all of the pods, and those that are left have a place besides.
    if (packed !== null || contents.length === 0) contents.push(packed ?? start);
    return packed === null ? 'unknown' : 'holds';
  };
  const isEnough = () => stop() || (held.isSpent && contents.length > 0);
  const cheapestFor = (times: number, judge: (counts: Counts) => Verdict, isOver: () => boolean) =>
    boundOfWholeNodes(containers, { uppers, demand: times * demand }, judge, prices, effort, isOver);
  try {
    const all = cheapestFor(1, (counts) => held.violatedBy(counts, 1) ?? pack(counts), isEnough);
    for (const times of effort.roomFor) {
      const { counts } = cheapestFor(times, (set) => held.violatedBy(set, times) ?? 'holds', stop);
      if (counts !== null) contents.push(held.contentsOf(counts));
    }
    return { bound: Math.max(found.bound, fixed + all.bound), contents };
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
