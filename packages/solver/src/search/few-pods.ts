import { cheapestPlacement, isCheaper, type Placement } from '../few-pods/cheapest-placement.ts';
import { EndRules, type Tolerates } from '../few-pods/end-rules.ts';
import { type PodSets, podSetsOf } from '../few-pods/pod-sets.ts';
import { type Costing, costsOfSets } from '../few-pods/set-costs.ts';
import type { Packing } from './packing.ts';
import { costOf, type PackingState } from './packing-state.ts';

/**
 * Brings the packing to the cheapest placement of a few pods with at most so many moves, at their price, by dynamic
 * programming over sets of pods for what the rest costs at least, and a search that enters only what can still be cheaper
 * than the best so far. Leaves the packing as it was where it finds nothing cheaper, or where there are too many pods.
 * Whether nothing can be cheaper, whatever the rules that couple nodes say.
 */
export function searchFewPods(
  packing: Packing,
  movePrice: number,
  mostMoves: number,
  isReachable: (state: PackingState) => boolean,
  stop: () => boolean,
): boolean {
  const { problem } = packing;
  const sets = podSetsOf(problem);
  if (sets === null) return false;
  const start = packing.state();
  let best = start;
  const objectiveOf = (state: PackingState) => costOf(state) + movePrice * state.moves - problem.frozenMicrosPerHour;
  let least = objectiveOf(start);
  const moreOf = (placement: Placement) => {
    const placed = place(packing, sets, placement) ? packing.state() : null;
    const { companyMicrosPerHour } = packing;
    packing.rollback();
    if (placed === null || !isReachable(placed)) return null;
    // What they prefer of each other is not known before they are there.
    if (problem.preferred !== null && !isCheaper(objectiveOf(placed), objectiveOf(best))) return null;
    best = placed;
    return companyMicrosPerHour;
  };
  const costing: Costing = {
    moveCost: (c) => packing.priceOfMove(c, movePrice),
    counts: () => true,
    usableOnly: true,
    withPodCosts: true,
  };
  const rulesOf = (tolerates: Tolerates) => new EndRules(problem, sets, tolerates);
  // First where all that come are content in the end: that is reached most easily.
  const [first, second] = [rulesOf((_c, _rule, comes) => !comes), rulesOf(() => true)];
  const costs = costsOfSets(problem, sets, second, costing);
  const search = (rules: EndRules) => cheapestPlacement(sets, costs, rules, mostMoves, least, moreOf, stop);
  least = search(first) ?? objectiveOf(best);
  const cheapest = search(second);
  packing.load(best);
  return cheapest !== null && !isCheaper(costs.from[0]!.at(-1)!, cheapest);
}

/**
 * Puts all pods where they are said to go, from the cluster as it is, in any order that the rules allow; whether there was
 * one. What stays is not touched: where it breaks a rule already it may go on doing so.
 */
function place(packing: Packing, sets: PodSets, { onNodes, launched }: Placement): boolean {
  const { problem } = packing;
  const waiting: [slot: number, c: number, count: number][] = [];
  const want = (slot: number, set: number) => {
    for (const [at, c] of sets.classes.entries()) {
      const count = sets.count(set, at) - packing.count(slot, c);
      if (count < 0) packing.remove(slot, c, -count);
      if (count > 0) waiting.push([slot, c, count]);
    }
  };
  for (const [slot, set] of onNodes.entries()) {
    if (set !== 0 && !packing.isOpen(slot)) {
      if (!packing.mayOpenNode(slot)) return false;
      packing.openNode(slot);
    }
    if (packing.isOpen(slot)) want(slot, set);
    if (set === 0 && packing.isOpen(slot) && packing.isRemovable(slot) && packing.pods(slot) === 0) packing.close(slot);
  }
  for (const [kind, set] of launched) {
    if (!packing.mayOpenKind(problem.kinds[kind]!)) return false;
    want(packing.launch(problem.kinds[kind]!), set);
  }
  for (let isGoingOn = true; isGoingOn; ) {
    isGoingOn = false;
    for (const one of waiting) {
      const added = packing.tryAdd(...one);
      one[2] -= added;
      if (added > 0) isGoingOn = true;
    }
  }
  return waiting.every(([, , count]) => count === 0) && packing.coupling.isSound();
}
