import { compareText, type PlanStay, type Resources, type Snapshot, type SnapshotPod } from '@restow/model';
import { belongsToNode } from '../problem/movability.ts';
import type { Problem } from '../problem/problem.ts';

/**
 * What stays although something could be saved, why, and what that costs: the node's price less what its pods are worth
 * elsewhere. A pod in a class is worth its shadow price, another its largest share of the kind that holds it cheapest.
 * When the node itself has a reason the cost is the node's, else it is shared by the pods that hold it.
 */
export function staysOf(snapshot: Snapshot, problem: Problem, duals: ArrayLike<number>): PlanStay[] {
  const worthOfPod = new Map<SnapshotPod, number>();
  for (const { pods, index } of problem.classes) for (const pod of pods) worthOfPod.set(pod, duals[index]!);
  const podsByNode = Map.groupBy(snapshot.pods, ({ node }) => node);
  const prices = new Map(problem.nodes.map(({ node, microsPerHour }) => [node.name, microsPerHour]));
  const stays: PlanStay[] = [];
  for (const { name } of snapshot.nodes) {
    const pods = (podsByNode.get(name) ?? []).filter((pod) => !belongsToNode(pod));
    const held = pods.filter((pod) => problem.podReasons.has(`${pod.namespace}/${pod.name}`));
    const price = prices.get(name);
    let lost = price ?? 0;
    for (const pod of pods) lost -= worthOfPod.get(pod) ?? cheapestShare(pod.requests, problem);
    const cost = price === undefined || problem.kinds.length === 0 ? 0 : Math.max(0, Math.floor(lost));
    const nodeReasons = problem.nodeReasons.get(name);
    if (nodeReasons !== undefined) stays.push({ kind: 'Node', name, reasons: [...nodeReasons], microsPerHour: cost });
    held.forEach((pod, index) => {
      // Shares add up to the cost of the node, to the last micro.
      const share = Math.floor((cost * (index + 1)) / held.length) - Math.floor((cost * index) / held.length);
      stays.push({
        kind: 'Pod',
        namespace: pod.namespace,
        name: pod.name,
        reasons: [...problem.podReasons.get(`${pod.namespace}/${pod.name}`)!],
        microsPerHour: nodeReasons === undefined ? share : 0,
      });
    });
  }
  for (const pod of podsByNode.get(null) ?? []) {
    const reasons = ['it is pending: this plan places only pods that run'];
    stays.push({ kind: 'Pod', namespace: pod.namespace, name: pod.name, reasons, microsPerHour: 0 });
  }
  return stays.sort(
    (a, b) =>
      b.microsPerHour - a.microsPerHour ||
      compareText(a.kind, b.kind) ||
      compareText(a.namespace ?? '', b.namespace ?? '') ||
      compareText(a.name, b.name),
  );
}

function cheapestShare(requests: Resources, problem: Problem): number {
  let cheapest = Number.POSITIVE_INFINITY;
  for (const kind of problem.kinds) {
    let share = 0;
    problem.resources.forEach((name, r) => {
      const amount = requests[name] ?? 0;
      if (amount > 0)
        share = Math.max(share, kind.capacity[r]! > 0 ? amount / kind.capacity[r]! : Number.POSITIVE_INFINITY);
    });
    if (share <= 1) cheapest = Math.min(cheapest, share * kind.microsPerHour);
  }
  return cheapest;
}
