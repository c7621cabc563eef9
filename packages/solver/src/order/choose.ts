import { movingCosts } from '../moving/moving-costs.ts';
import type { Problem } from '../problem/problem.ts';
import { costOf, type PackingState } from '../search/packing-state.ts';
import { type Realisation, realise } from './realise.ts';

/** What a state costs an hour, its moves at their price. */
export function objectiveOfState({ moveMicrosPerHour }: Problem, state: PackingState): number {
  return costOf(state) + moveMicrosPerHour * state.moves;
}

/**
 * The best state of the frontier within the limit on moves, detours counted, that an order of moves was found for.
 * The limit only narrows the choice, so a higher one never gives a dearer plan. The first state moves nothing and is what
 * is left when nothing else will do.
 */
export function chooseAndRealise(
  problem: Problem,
  frontier: readonly PackingState[],
  maxMoves: number | null,
): Realisation {
  const limit = maxMoves ?? Number.POSITIVE_INFINITY;
  const objective = (state: PackingState) => objectiveOfState(problem, state);
  const [nothing, ...others] = frontier as [PackingState, ...PackingState[]];
  const ranked = others
    .filter((state) => state.moves <= limit && objective(state) < objective(nothing))
    .sort((a, b) => objective(a) - objective(b) || a.moves - b.moves);
  for (const state of ranked) {
    const realisation = realise(problem, state);
    if (realisation.complete && realisation.numberOfMoves <= limit) return realisation;
  }
  return realise(problem, nothing);
}

/**
 * Whether a plan saves enough, moving included, to be worth making; removing what is empty always is. By the objective by
 * which states are ranked: what else a realisation costs could refuse what more moves lead to, where fewer are let pass.
 */
export function isWorthwhile(problem: Problem, before: number, realisation: Realisation): boolean {
  if (realisation.numberOfMoves === 0) return true;
  const { moves, away } = movingCosts(problem, realisation);
  const after = realisation.microsPerHour + realisation.podMicrosPerHour + moves + away;
  return before - after >= problem.policy.minimumSavingFraction * before;
}
