import type { SnapshotPod } from '@restow/model';
import type { NodeKind, Problem } from '../problem/problem.ts';
import { type PackingState, slotsOf } from '../search/packing-state.ts';

/** Where a launched node of the state is, as an index after the existing nodes. */
export type PlaceIndex = number;

/** One pod that changes its node. */
export interface Move {
  readonly pod: SnapshotPod;
  readonly podClass: number;
  readonly from: PlaceIndex;
  readonly to: PlaceIndex;
}

/**
 * Says which pod of each class goes where, given how many do: as many as may stay, stay, and the others fill what is
 * missing in the order of places. Returns the moves in the order of classes and names.
 */
export function assignPods(problem: Problem, state: PackingState): Move[] {
  const wanted: Map<PlaceIndex, number>[] = problem.classes.map(() => new Map());
  const launched: NodeKind[] = [];
  for (const { node, kind, classes, counts } of slotsOf(state)) {
    if (kind !== null) launched.push(problem.kinds[kind]!);
    const place = node ?? problem.nodes.length + launched.length - 1;
    classes.forEach((c, k) => {
      wanted[c]!.set(place, counts[k]!);
    });
  }
  const placeOf = new Map(problem.nodes.map(({ node, index }) => [node.name, index]));
  return problem.classes.flatMap(({ pods, index: podClass }): Move[] => {
    const missing = wanted[podClass]!;
    const leaving: SnapshotPod[] = [];
    for (const pod of pods) {
      const place = placeOf.get(pod.node!)!;
      const left = missing.get(place) ?? 0;
      if (left > 0) missing.set(place, left - 1);
      else leaving.push(pod);
    }
    const targets = [...missing].filter(([, count]) => count > 0).sort(([x], [y]) => x - y);
    // Pods go within their own domains first, so that spreads stay as even on the way as they are at both ends.
    const groups = Map.groupBy(leaving, (pod) => domainKey(problem, launched, placeOf.get(pod.node!)!));
    const moves: Move[] = [];
    const rest: SnapshotPod[] = [];
    for (const [key, pods] of groups) {
      const near = targets.filter(([place]) => domainKey(problem, launched, place) === key);
      for (const pod of pods) if (!take(near, pod)) rest.push(pod);
    }
    for (const pod of rest) take(targets, pod);
    return moves;

    function take(from: [PlaceIndex, number][], pod: SnapshotPod): boolean {
      const target = from.find(([, count]) => count > 0);
      if (target === undefined) return false;
      target[1]--;
      moves.push({ pod, podClass, from: placeOf.get(pod.node!)!, to: target[0] });
      return true;
    }
  });
}

/** The domains of a place in every topology that is not per node. */
function domainKey(problem: Problem, launched: readonly NodeKind[], place: PlaceIndex): string {
  const node = problem.nodes[place] ?? launched[place - problem.nodes.length]!;
  return problem.topologies.map(({ perNode }, topology) => (perNode ? '' : node.domains[topology])).join(',');
}
