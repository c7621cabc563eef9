import type { MovingEffort, MovingRelaxation } from '../bound/moving-relaxation.ts';
import type { Archive } from './archive.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import { type PackingState, slotsOf } from './packing-state.ts';
import { packPartly } from './partly.ts';
import type { Random } from './random.ts';

export interface SweepEffort extends MovingEffort {
  /** Parts of the moves of the cheapest state, at each of which it is packed. */
  readonly points: number;
  /** Trials of local search after each. */
  readonly trials: number;
}

/** With more pods than this there are fewer points: each takes as long as hundreds of trials. */
const MANY_PODS = 4_000;
const POINTS_OF_MANY = 6;
/** Below this part of the moves, a search from the cluster as it is finds as much. */
const FIRST_PART = 0.3;
/** A packing that moves too many or too few is tried again for so much of the difference fewer or more, so often, until it is near. */
const TOWARDS = 0.7;
const NEAR = 0.995;
const MOST_TRIES = 6;
/** Of what a move is worth there: less, so that all moves that there may be are used. */
const OWN_SHARE = 0.3;
/** More, so that some go home again. */
const HOME_SHARE = 2;
/** Of the states known, those that the relaxation learns from. */
const LEARNT = 24;

/**
 * Packs for a few limits on moves between none and those of the cheapest state: which nodes stay with what and which go
 * is read off a linear program, for no search from either end finds it. The limits are the same whatever the plan's is, so
 * that a plan that may move more has them all to choose from; only then comes the plan's own, for where a node goes or
 * stays with the last few moves, nothing in between will do.
 */
export function sweep(
  packing: Packing,
  start: PackingState,
  archive: Archive,
  relaxation: MovingRelaxation,
  guide: Guide,
  random: Random,
  effort: SweepEffort,
  improve: (moveMicros: number, mostMoves: number) => void,
  stop: () => boolean,
): void {
  const states = archive.frontier();
  const every = Math.ceil(states.length / LEARNT);
  for (const [k, state] of states.toReversed().entries()) {
    if (stop()) return;
    if (k % every === 0) relaxation.master.learn(slotsOf(state));
  }
  const most = states.at(-1)!.moves;
  const points = relaxation.pods > MANY_PODS ? Math.min(effort.points, POINTS_OF_MANY) : effort.points;
  const limits = Array.from({ length: points }, (_, k) =>
    Math.floor((FIRST_PART + ((1 - FIRST_PART) * k) / points) * most),
  );
  for (const mostMoves of limits) {
    if (stop()) return;
    const optimum = relaxation.generate(mostMoves, effort, stop);
    if (optimum === null) continue;
    packing.load(start);
    if (!packPartly(packing, relaxation, mostMoves, guide, random, stop)) continue;
    archive.offer(packing);
    improve(optimum.moveMicros, relaxation.pods);
    archive.offer(packing);
  }
  const { maxMoves } = packing.problem.policy;
  if (maxMoves === null || maxMoves >= most || maxMoves < FIRST_PART * most || limits.includes(maxMoves)) return;
  const optimum = relaxation.generate(maxMoves, effort, stop);
  for (let tries = 0, aim = maxMoves; tries < MOST_TRIES && optimum !== null && !stop(); tries++) {
    packing.load(start);
    const isPacked = packPartly(packing, relaxation, aim, guide, random, stop);
    const { moves } = packing;
    if (isPacked && moves <= maxMoves) {
      archive.offer(packing);
      improve(OWN_SHARE * optimum.moveMicros, maxMoves);
      archive.offer(packing);
      if (moves >= NEAR * maxMoves) return;
    }
    if (isPacked && moves > maxMoves) improve(HOME_SHARE * optimum.moveMicros, relaxation.pods);
    const step = isPacked ? TOWARDS * (maxMoves - moves) : -1;
    aim += step < 0 ? Math.floor(step) : Math.ceil(step);
  }
}
