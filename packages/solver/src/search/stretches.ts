import type { Archive } from './archive.ts';
import { costOf } from './packing-state.ts';

/** Parts of all pods that may move, at each of which the frontier is searched once more. */
const LIMITS = [0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Between two states so far apart it is seen what a move is worth there. */
const LESS = 0.8;
/** Of what a move is worth there: less, so that all moves that there may be are used. */
const SHARE = 0.6;

export interface Stretch {
  readonly mostMoves: number;
  readonly movePrice: number;
}

export const STRETCHES = LIMITS.length;

/**
 * Where to look for states that no price of a move leads to, because another mix of two that are known is cheaper: at
 * most so many moves, at a price below what they are worth there. Source: the ε-constraint method (Haimes et al. 1971).
 */
export function* stretchesOf(archive: Archive, pods: number, leastMovePrice: number): Generator<Stretch> {
  for (const part of LIMITS) yield stretchTo(Math.floor(part * pods), archive, leastMovePrice);
}

/** Where to look for states with at most so many moves. */
export function stretchTo(mostMoves: number, archive: Archive, leastMovePrice: number): Stretch {
  const here = archive.within(mostMoves);
  const before = archive.within(Math.floor(LESS * mostMoves));
  const moves = here.moves - before.moves;
  const worth = moves > 0 ? (costOf(before) - costOf(here)) / moves : 0;
  return { mostMoves, movePrice: Math.max(leastMovePrice, SHARE * worth) };
}
