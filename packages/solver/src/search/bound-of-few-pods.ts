import type { Problem } from '../problem/problem.ts';
import { cheapestPlacement, type Placement } from './cheapest-placement.ts';
import { type Costing, costsOfSets, fewPods } from './set-costs.ts';

/** Whether rules let these pods, by class, be there in the end. */
export type MayEnd = (pods: readonly number[], placement: Placement) => boolean;

/**
 * A lower bound on what nodes cost where there are few pods, micros per hour: the least for which they can be divided over
 * nodes such that they may be there, limits of pools aside. `moveCost`: of one pod of a class, where moves count too.
 * `found`: what is known to be possible, which is the bound where nothing cheaper is. null: there are too many pods.
 */
export function boundOfFewPods(
  problem: Problem,
  moveCost: Costing['moveCost'],
  found: number,
  mayEnd: MayEnd,
  stop: () => boolean,
): number | null {
  const pods = fewPods(problem);
  if (pods === null) return null;
  const counts = (resource: number) => problem.boundResources[resource]!;
  const costs = costsOfSets(problem, pods, { moveCost, counts, usableOnly: false });
  const fixed = problem.frozenMicrosPerHour;
  const least = cheapestPlacement(pods, costs, found - fixed, (placement) => mayEnd(pods, placement), stop);
  return fixed + (least ?? costs.from[0]!.at(-1)!);
}
