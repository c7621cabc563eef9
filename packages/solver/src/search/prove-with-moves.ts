import { type MovingBound, type MovingEffort, MovingRelaxation } from '../bound/moving-relaxation.ts';
import { MOST_AT_ONCE } from '../bound/parts.ts';
import type { Relaxation } from '../bound/relax.ts';
import type { LpEngines } from '../lp/engines.ts';
import type { Problem } from '../problem/problem.ts';
import { boundOfFewPods, type MayEnd } from './bound-of-few-pods.ts';
import { type PackingState, slotsOf } from './packing-state.ts';
import { fewPods } from './set-costs.ts';

/** With more nodes than this the program takes longer than the search. */
const MOST_NODES = 5_000;
/** With more pods than this, rounds take so long that there are as many fewer. */
const MANY_PODS = 2_000;

/** What bounds and guides plans that move only a part; null where it would take too long. */
export function movingRelaxationOf(
  problem: Problem,
  relaxation: Relaxation,
  engines: LpEngines,
): MovingRelaxation | null {
  const { classes, nodes } = problem;
  const isWithin = classes.length > 0 && classes.length <= MOST_AT_ONCE && nodes.length <= MOST_NODES;
  return isWithin ? new MovingRelaxation(problem, relaxation, engines) : null;
}

/** Whether moves cost something. */
function countsMoves({ classes, moveMicrosPerHour }: Problem): boolean {
  return moveMicrosPerHour > 0 || classes.some(({ awayMicrosPerHour }) => awayMicrosPerHour > 0);
}

/** Whether nothing speaks against moves: there may be any number, and they cost nothing. */
export function movesAreFree(problem: Problem): boolean {
  return !countsMoves(problem) && problem.policy.maxMoves === null;
}

/**
 * What can be proven of plans with at most as many moves as the policy allows, moves at their price, and what the
 * relaxation has proven before. `best`: the cheapest that was found; `found`: what one costs that is
 * possible.
 */
export function proveWithMoves(
  problem: Problem,
  moving: MovingRelaxation | null,
  best: PackingState | undefined,
  found: () => number,
  mayEnd: MayEnd,
  effort: MovingEffort,
  stop: () => boolean,
): readonly MovingBound[] {
  const { classes, moveMicrosPerHour, policy } = problem;
  const moveCost = (c: number) => moveMicrosPerHour + classes[c]!.awayMicrosPerHour;
  if (!countsMoves(problem) && policy.maxMoves === null) return moving?.bounds ?? [];
  const most = policy.maxMoves ?? Number.POSITIVE_INFINITY;
  const isFew = fewPods(problem) !== null;
  const ofFewPods = isFew ? boundOfFewPods(problem, moveCost, most, found(), mayEnd, stop) : null;
  if (ofFewPods !== null) return [{ micros: ofFewPods, moveMicros: 0 }, ...(moving?.bounds ?? [])];
  if (moving === null || stop()) return moving?.bounds ?? [];
  if (best !== undefined) moving.master.learn(slotsOf(best));
  const rounds = Math.ceil(effort.rounds * Math.min(1, MANY_PODS / moving.pods));
  moving.generate(policy.maxMoves ?? moving.pods, { ...effort, rounds }, stop);
  return moving.bounds;
}
