import type { Packing } from './packing.ts';
import { costOf } from './packing-state.ts';
import { costsOfSets, fewPods, has } from './set-costs.ts';

/** Placements that are tried before it is given up: rules that couple nodes can refuse one after the other. */
const MOST_TRIED = 2_000;
const MOST_VISITED = 500_000;

/**
 * Brings the packing to the cheapest placement of a few pods, moves at their price included, by dynamic programming over
 * sets of pods for what the rest costs at least, and a search that enters only what can still be cheaper than the best so
 * far. Leaves the packing as it was where it finds nothing cheaper, or where there are too many pods.
 */
export function searchFewPods(packing: Packing, movePrice: number, stop: () => boolean): void {
  const { problem } = packing;
  const pods = fewPods(problem);
  if (pods === null) return;
  const { onNode, onKind, onNew, onNewOnes, from } = costsOfSets(problem, pods, {
    moveCost: (c) => packing.priceOfMove(c, movePrice),
    counts: () => true,
    usableOnly: true,
  });
  const all = 2 ** pods.length - 1;
  const start = packing.state();
  let best = start;
  let least = costOf(start) + movePrice * start.moves - problem.frozenMicrosPerHour;
  let visited = 0;
  let tried = 0;
  const isOver = () => ++visited > MOST_VISITED || tried > MOST_TRIED || stop();
  const onNodes: number[] = [];
  const launched: (readonly [kind: number, set: number])[] = [];

  const visitNode = (node: number, left: number, cost: number): void => {
    if (node === onNode.length) {
      visitNew(left, cost);
      return;
    }
    const rest = (set: number) => onNode[node]![set]! + from[node + 1]![left ^ set]!;
    for (const set of cheapestFirst(setsOf(left, pods), rest)) {
      if (cost + rest(set) > least - 1 || isOver()) return;
      onNodes[node] = set;
      visitNode(node + 1, left ^ set, cost + onNode[node]![set]!);
    }
  };
  const visitNew = (left: number, cost: number): void => {
    if (left === 0) {
      tryThis(cost);
      return;
    }
    const first = left & -left;
    const rest = (set: number) => onNew[set]! + onNewOnes[left ^ set]!;
    for (const set of cheapestFirst(
      setsOf(left, pods).filter((one) => (one & first) !== 0),
      rest,
    )) {
      if (cost + rest(set) > least - 1 || isOver()) return;
      for (const [kind, costs] of onKind.entries()) {
        if (costs === null || cost + costs[set]! + onNewOnes[left ^ set]! > least - 1) continue;
        launched.push([kind, set]);
        visitNew(left ^ set, cost + costs[set]!);
        launched.pop();
      }
    }
  };
  const tryThis = (cost: number): void => {
    tried++;
    if (!place(packing, pods, onNodes, launched)) return;
    least = cost;
    best = packing.state();
  };
  if (from[0]![all]! <= least - 1) visitNode(0, all, 0);
  packing.load(best);
}

/** Puts all pods where they are said to go, in any order that the rules allow; whether there was one. */
function place(
  packing: Packing,
  pods: readonly number[],
  onNodes: readonly number[],
  launched: readonly (readonly [kind: number, set: number])[],
): boolean {
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

/** Every set of those left, but of pods that are alike only the first ones. */
function setsOf(left: number, pods: readonly number[]): number[] {
  const found = [0];
  for (let set = left; set > 0; set = (set - 1) & left) if (takesFirst(set, left, pods)) found.push(set);
  return found;
}

function takesFirst(set: number, left: number, pods: readonly number[]): boolean {
  let skipped = -1;
  for (const [index, c] of pods.entries()) {
    if (!has(left, index)) continue;
    if (!has(set, index)) skipped = c;
    else if (skipped === c) return false;
  }
  return true;
}

function cheapestFirst(sets: number[], costOf: (set: number) => number): number[] {
  return sets.filter((set) => costOf(set) < Number.POSITIVE_INFINITY).sort((a, b) => costOf(a) - costOf(b) || a - b);
}
