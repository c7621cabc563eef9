import { cheapestPlacement, type Placement } from './cheapest-placement.ts';
import type { Packing } from './packing.ts';
import { costOf } from './packing-state.ts';
import { costsOfSets, fewPods, has, movesWith } from './set-costs.ts';

/**
 * Brings the packing to the cheapest placement of a few pods with at most so many moves, at their price, by dynamic
 * programming over sets of pods for what the rest costs at least, and a search that enters only what can still be cheaper
 * than the best so far. Leaves the packing as it was where it finds nothing cheaper, or where there are too many pods.
 */
export function searchFewPods(packing: Packing, movePrice: number, mostMoves: number, stop: () => boolean): void {
  const { problem } = packing;
  const pods = fewPods(problem);
  if (pods === null) return;
  const costs = costsOfSets(problem, pods, {
    moveCost: (c) => packing.priceOfMove(c, movePrice),
    counts: () => true,
    usableOnly: true,
  });
  const start = packing.state();
  let best = start;
  const least = costOf(start) + movePrice * start.moves - problem.frozenMicrosPerHour;
  const isPossible = (placement: Placement) => {
    if (movesWith(problem, pods, placement.onNodes) > mostMoves || !place(packing, pods, placement)) return false;
    best = packing.state();
    return true;
  };
  cheapestPlacement(pods, costs, least, isPossible, stop);
  packing.load(best);
}

/** Puts all pods where they are said to go, in any order that the rules allow; whether there was one. */
function place(packing: Packing, pods: readonly number[], { onNodes, launched }: Placement): boolean {
  const { problem } = packing;
  const classes = new Set(pods);
  for (let slot = 0; slot < packing.slots; slot++) {
    if (!packing.isOpen(slot)) continue;
    for (const c of classes) packing.remove(slot, c, packing.count(slot, c));
    if (packing.isRemovable(slot) && packing.pods(slot) === 0) packing.close(slot);
  }
  const waiting: [slot: number, c: number][] = [];
  const want = (slot: number, set: number) => {
    for (const [index, c] of pods.entries()) if (has(set, index)) waiting.push([slot, c]);
  };
  for (const [slot, set] of onNodes.entries()) {
    if (set === 0) continue;
    if (!packing.isOpen(slot)) {
      if (!packing.mayOpenNode(slot)) return false;
      packing.openNode(slot);
    }
    want(slot, set);
  }
  for (const [kind, set] of launched) {
    if (!packing.mayOpenKind(problem.kinds[kind]!)) return false;
    want(packing.launch(problem.kinds[kind]!), set);
  }
  for (let before = -1; waiting.length > 0 && before !== waiting.length; ) {
    before = waiting.length;
    for (const one of [...waiting]) if (packing.tryAdd(...one, 1) === 1) waiting.splice(waiting.indexOf(one), 1);
  }
  return waiting.length === 0 && packing.coupling.isSound();
}
