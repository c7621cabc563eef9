import type { Problem } from '../problem/problem.ts';
import { cheapestPlacement, type Placement } from './cheapest-placement.ts';
import { EndRules, type Tolerates } from './end-rules.ts';
import { podSetsOf } from './pod-sets.ts';
import { type Costing, costsOfSets } from './set-costs.ts';

/** What a plan may end with. */
export interface PossibleEnds {
  readonly tolerates: Tolerates;
  /** Whether rules let pods be there in the end. */
  readonly mayEnd: (placement: Placement) => boolean;
}

/** Nothing but nodes counts. */
export const NODES_ALONE: Pick<Costing, 'moveCost' | 'withPodCosts'> = { moveCost: () => 0, withPodCosts: false };

/** For where nothing is known of the pods' rules. */
export const ANY_END: PossibleEnds = { tolerates: () => true, mayEnd: () => true };

/**
 * A lower bound on what nodes cost where there are few pods, micros per hour: the least for which they can be divided over
 * nodes with at most so many moves such that they may be there, limits of pools aside. `costing`: what counts besides nodes.
 * `found`: what is known to be possible so, which is the bound where nothing cheaper is. null: there are too many pods.
 */
export function boundOfFewPods(
  problem: Problem,
  costing: Pick<Costing, 'moveCost' | 'withPodCosts'>,
  mostMoves: number,
  found: () => number,
  { tolerates, mayEnd }: PossibleEnds,
  stop: () => boolean,
): number | null {
  const sets = podSetsOf(problem);
  if (sets === null) return null;
  const counts = (resource: number) => problem.boundResources[resource]!;
  const rules = new EndRules(problem, sets, tolerates);
  const costs = costsOfSets(problem, sets, rules, { ...costing, counts, usableOnly: false });
  const fixed = problem.frozenMicrosPerHour;
  const moreOf = (placement: Placement) => (mayEnd(placement) ? 0 : null);
  const least = cheapestPlacement(sets, costs, rules, mostMoves, found() - fixed, moreOf, stop);
  return fixed + (least ?? costs.from[0]!.at(-1)!);
}
