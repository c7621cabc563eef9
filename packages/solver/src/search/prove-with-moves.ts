import { type MovingBound, type MovingEffort, MovingRelaxation } from '../bound/moving-relaxation.ts';
import { MOST_AT_ONCE } from '../bound/parts.ts';
import type { Relaxation } from '../bound/relax.ts';
import { boundOfFewPods, type PossibleEnds } from '../few-pods/bound-of-few-pods.ts';
import type { LpEngines } from '../lp/engines.ts';
import { priceOfMove } from '../moving/price-of-move.ts';
import { havePodsCosts } from '../problem/pod-costs.ts';
import type { Problem } from '../problem/problem.ts';
import { type PackingState, slotsOf } from './packing-state.ts';

/** With more nodes than this the program takes longer than the search. */
const MOST_NODES = 5_000;
/** With more pods than this, rounds take so long that there are as many fewer. */
const MANY_PODS = 2_000;

/** What bounds and guides plans that move only a part, put together when it is first asked. */
export class Moving {
  readonly #make: () => MovingRelaxation;
  #made: MovingRelaxation | null = null;

  constructor(make: () => MovingRelaxation) {
    this.#make = make;
  }

  get relaxation(): MovingRelaxation {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** What it has proven so far. */
  get bounds(): readonly MovingBound[] {
    return this.#made?.bounds ?? [];
  }

  close(): void {
    this.#made?.close();
  }
}

/** null where it would take too long. */
export function movingOf(problem: Problem, relaxation: Relaxation, engines: LpEngines): Moving | null {
  const { classes, nodes } = problem;
  const isWithin = classes.length > 0 && classes.length <= MOST_AT_ONCE && nodes.length <= MOST_NODES;
  return isWithin ? new Moving(() => new MovingRelaxation(problem, relaxation, engines)) : null;
}

/** Whether nothing counts but nodes: there may be any number of moves, and they cost nothing, nor does it where pods are. */
export function onlyNodesCount(problem: Problem): boolean {
  const { classes, moveMicrosPerHour, policy } = problem;
  if (policy.maxMoves !== null || moveMicrosPerHour > 0 || havePodsCosts(problem)) return false;
  return classes.every(({ awayMicrosPerHour }) => awayMicrosPerHour === 0);
}

/**
 * What can be proven of plans with at most as many moves as the policy allows, moves at their price, and what the
 * relaxation has proven before. `best`: the cheapest that was found; `found`: what one costs that is
 * possible.
 */
export function proveWithMoves(
  problem: Problem,
  moving: Moving | null,
  best: PackingState | undefined,
  found: () => number,
  ends: PossibleEnds,
  effort: MovingEffort,
  stop: () => boolean,
): readonly MovingBound[] {
  const { classes, moveMicrosPerHour, policy } = problem;
  const moveCost = (c: number) => priceOfMove(classes[c]!, moveMicrosPerHour);
  if (onlyNodesCount(problem)) return moving?.bounds ?? [];
  const most = policy.maxMoves ?? Number.POSITIVE_INFINITY;
  const ofFewPods = boundOfFewPods(problem, { moveCost, withPodCosts: true }, most, found, ends, stop);
  if (ofFewPods !== null) return [{ micros: ofFewPods, moveMicros: 0 }, ...(moving?.bounds ?? [])];
  if (moving === null || stop()) return moving?.bounds ?? [];
  const { master, pods } = moving.relaxation;
  if (best !== undefined) master.learn(slotsOf(best));
  const rounds = Math.ceil(effort.rounds * Math.min(1, MANY_PODS / pods));
  moving.relaxation.generate(policy.maxMoves ?? pods, { ...effort, rounds }, stop);
  return moving.bounds;
}
