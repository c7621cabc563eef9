import type { Problem } from '../problem/problem.ts';
import { cheapestPlacement, type Placement } from './cheapest-placement.ts';
import { type Costing, costsOfSets, fewPods, movesWith } from './set-costs.ts';

/** Whether rules let these pods, by class, be there in the end. */
export type MayEnd = (pods: readonly number[], placement: Placement) => boolean;

/**
 * A lower bound on what nodes cost where there are few pods, micros per hour: the least for which they can be divided over
 * nodes with at most so many moves such that they may be there, limits of pools aside. `moveCost`: of one pod of a class, where moves count too.
 * `found`: what is known to be possible so, which is the bound where nothing cheaper is. null: there are too many pods.
 */
export function boundOfFewPods(
  problem: Problem,
  moveCost: Costing['moveCost'],
  mostMoves: number,
  found: number,
  mayEnd: MayEnd,
  stop: () => boolean,
): number | null {
  const pods = fewPods(problem);
  if (pods === null) return null;
  const counts = (resource: number) => problem.boundResources[resource]!;
  const costs = costsOfSets(problem, pods, { moveCost, counts, usableOnly: false });
  const fixed = problem.frozenMicrosPerHour;
  const isPossible = (placement: Placement) =>
    movesWith(problem, pods, placement.onNodes) <= mostMoves && mayEnd(pods, placement);
  const least = cheapestPlacement(pods, costs, found - fixed, isPossible, stop);
  return fixed + (least ?? costs.from[0]!.at(-1)!);
}
