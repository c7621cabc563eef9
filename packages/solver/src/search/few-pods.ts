import { cheapestPlacement, type Placement } from './cheapest-placement.ts';
import type { Packing } from './packing.ts';
import { costOf } from './packing-state.ts';
import { costsOfSets, fewPods, has, movesWith } from './set-costs.ts';

/**
 * Brings the packing to the cheapest placement of a few pods with at most so many moves, at their price, by dynamic
 * programming over sets of pods for what the rest costs at least, and a search that enters only what can still be cheaper
 * than the best so far. Leaves the packing as it was where it finds nothing cheaper, or where there are too many pods.
 * Whether nothing can be cheaper, whatever the rules that couple nodes say.
 */
export function searchFewPods(packing: Packing, movePrice: number, mostMoves: number, stop: () => boolean): boolean {
  const { problem } = packing;
  const pods = fewPods(problem);
  if (pods === null) return false;
  const costs = costsOfSets(problem, pods, {
    moveCost: (c) => packing.priceOfMove(c, movePrice),
    counts: () => true,
    usableOnly: true,
  });
  const start = packing.state();
  let best = start;
  const least = costOf(start) + movePrice * start.moves - problem.frozenMicrosPerHour;
  const isPossible = (placement: Placement) => {
    if (movesWith(problem, pods, placement.onNodes) > mostMoves) return false;
    const isPlaced = place(packing, pods, placement);
    if (isPlaced) best = packing.state();
    packing.rollback();
    return isPlaced;
  };
  const cheapest = cheapestPlacement(pods, costs, least, isPossible, stop);
  packing.load(best);
  return cheapest !== null && cheapest <= costs.from[0]!.at(-1)! + 1;
}

/**
 * Puts all pods where they are said to go, from the cluster as it is, in any order that the rules allow; whether there was
 * one. What stays is not touched: where it breaks a rule already it may go on doing so.
 */
function place(packing: Packing, pods: readonly number[], { onNodes, launched }: Placement): boolean {
  const { problem } = packing;
  const waiting: [slot: number, c: number, count: number][] = [];
  const want = (slot: number, set: number) => {
    for (const c of new Set(pods)) {
      let count = -packing.count(slot, c);
      for (const [index, own] of pods.entries()) if (own === c && has(set, index)) count++;
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
