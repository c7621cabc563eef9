import type { SnapshotPod } from '@restow/model';
import type { Problem } from '../problem/problem.ts';
import type { PackingState } from '../search/packing.ts';

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
  state.existing.forEach((content, place) => {
    content?.classes.forEach((c, k) => {
      wanted[c]!.set(place, content.counts[k]!);
    });
  });
  state.launched.forEach(({ content }, position) => {
    content.classes.forEach((c, k) => {
      wanted[c]!.set(problem.nodes.length + position, content.counts[k]!);
    });
  });
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
    const targets = [...missing].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
    return leaving.map((pod) => {
      const target = targets[0]!;
      target[1]--;
      if (target[1] === 0) targets.shift();
      return { pod, podClass, from: placeOf.get(pod.node!)!, to: target[0] };
    });
  });
}
