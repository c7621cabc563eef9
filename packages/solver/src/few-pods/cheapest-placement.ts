import type { EndRules } from './end-rules.ts';
import type { PodSets } from './pod-sets.ts';
import type { CostsOfSets } from './set-costs.ts';

/** Where sets of a few pods are: one for each existing node, and one for each node that is launched. */
export interface Placement {
  readonly onNodes: readonly number[];
  readonly launched: readonly (readonly [kind: number, set: number])[];
}

/** Placements that are tried before it is given up: rules that couple nodes can refuse one after the other. */
const MOST_TRIED = 2_000;
const MOST_VISITED = 500_000;
/** Nothing is looked for that is cheaper by a smaller part than this, so that multiplying all prices changes nothing. */
const LEAST_PART = 1e-9;

/** Whether the one cost is less than the other, arithmetic aside. */
export function isCheaper(cost: number, than: number): boolean {
  return cost < than - LEAST_PART * Math.abs(than);
}

/**
 * The least that a placement costs which is possible with at most so many moves, and `atMost` where none is cheaper: by a search that enters only what
 * can still be cheaper, and what the rules do not speak against yet. null: it was given up or stopped before all that could
 * be cheaper had been seen. `moreOf`: what a placement costs besides; null: it is not possible.
 */
export function cheapestPlacement(
  sets: PodSets,
  { onNode, onKind, leaving, onNew, onNewOnes, from }: CostsOfSets,
  rules: EndRules,
  mostMoves: number,
  atMost: number,
  moreOf: (placement: Placement) => number | null,
  stop: () => boolean,
): number | null {
  const all = sets.size - 1;
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

  const visitNode = (node: number, left: number, cost: number, moves: number): void => {
    if (node === onNode.length) {
      visitNew(left, cost);
      return;
    }
    const rest = (set: number) => onNode[node]![set]! + from[node + 1]![left - set]!;
    for (const set of cheapestFirst(sets.within(left), rest, least - cost)) {
      if (!isCheaper(cost + rest(set), least)) return;
      const moved = moves + leaving[node]![set]!;
      if (moved > mostMoves) continue;
      if (mustEnd()) return;
      onNodes[node] = set;
      if (rules.enterNode(node, set, left - set)) visitNode(node + 1, left - set, cost + onNode[node]![set]!, moved);
      rules.leave();
    }
  };
  const visitNew = (left: number, cost: number): void => {
    if (left === 0) {
      tried++;
      const more = moreOf({ onNodes, launched });
      if (more !== null) least = Math.min(least, cost + more);
      return;
    }
    // Nodes in the order of what is on them, the largest number first, each with some of the last class that is left.
    const leading = sets.one(sets.last(left));
    const [lastKind, most] = launched.at(-1) ?? [0, all];
    const rest = (set: number) => onNew[set]! + onNewOnes[left - set]!;
    const parts = sets.within(left).filter((set) => set >= leading && set <= most);
    for (const set of cheapestFirst(parts, rest, least - cost)) {
      if (!isCheaper(cost + rest(set), least)) return;
      for (const [kind, costs] of onKind.entries()) {
        if (costs === null || !isCheaper(cost + costs[set]! + onNewOnes[left - set]!, least)) continue;
        if (set === most && kind < lastKind) continue;
        if (mustEnd()) return;
        launched.push([kind, set]);
        if (rules.enterKind(kind, set, left - set)) visitNew(left - set, cost + costs[set]!);
        rules.leave();
        launched.pop();
      }
    }
  };
  if (isCheaper(from[0]![all]!, least)) visitNode(0, all, 0, 0);
  return isOver ? null : least;
}

/** Of those that cost the same the larger ones come first: nodes that are there are filled before others are launched. */
function cheapestFirst(sets: readonly number[], costOf: (set: number) => number, below: number): number[] {
  return sets.filter((set) => costOf(set) < below).sort((a, b) => costOf(a) - costOf(b) || b - a);
}
