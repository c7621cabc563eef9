import { type CostsOfSets, has } from './set-costs.ts';

/** Where sets of a few pods are: one for each existing node, and one for each node that is launched. */
export interface Placement {
  readonly onNodes: readonly number[];
  readonly launched: readonly (readonly [kind: number, set: number])[];
}

/** Placements that are tried before it is given up: rules that couple nodes can refuse one after the other. */
const MOST_TRIED = 2_000;
const MOST_VISITED = 500_000;

/**
 * The least that a placement costs which is possible, and `least` where none is cheaper: by a search that enters only what
 * can still be cheaper. null: it was given up or stopped before all that could be cheaper had been seen.
 */
export function cheapestPlacement(
  pods: readonly number[],
  { onNode, onKind, onNew, onNewOnes, from }: CostsOfSets,
  atMost: number,
  isPossible: (placement: Placement) => boolean,
  stop: () => boolean,
): number | null {
  const all = 2 ** pods.length - 1;
  let least = atMost;
  let visited = 0;
  let tried = 0;
  let isOver = false;
  const mustEnd = () => {
    isOver ||= ++visited > MOST_VISITED || tried > MOST_TRIED || stop();
    return isOver;
  };
  const onNodes: number[] = [];
  const launched: (readonly [kind: number, set: number])[] = [];

  const visitNode = (node: number, left: number, cost: number): void => {
    if (node === onNode.length) {
      visitNew(left, cost);
      return;
    }
    const rest = (set: number) => onNode[node]![set]! + from[node + 1]![left ^ set]!;
    for (const set of cheapestFirst(setsOf(left, pods), rest)) {
      if (cost + rest(set) > least - 1 || mustEnd()) return;
      onNodes[node] = set;
      visitNode(node + 1, left ^ set, cost + onNode[node]![set]!);
    }
  };
  const visitNew = (left: number, cost: number): void => {
    if (left === 0) {
      tried++;
      if (isPossible({ onNodes, launched })) least = cost;
      return;
    }
    const first = left & -left;
    const rest = (set: number) => onNew[set]! + onNewOnes[left ^ set]!;
    for (const set of cheapestFirst(
      setsOf(left, pods).filter((one) => (one & first) !== 0),
      rest,
    )) {
      if (cost + rest(set) > least - 1 || mustEnd()) return;
      for (const [kind, costs] of onKind.entries()) {
        if (costs === null || cost + costs[set]! + onNewOnes[left ^ set]! > least - 1) continue;
        launched.push([kind, set]);
        visitNew(left ^ set, cost + costs[set]!);
        launched.pop();
      }
    }
  };
  if (from[0]![all]! <= least - 1) visitNode(0, all, 0);
  return isOver ? null : least;
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
