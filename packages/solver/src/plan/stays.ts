import { compareText, type PlanStay, type Resources, type Snapshot, type SnapshotPod } from '@restow/model';
import { belongsToNode } from '@restow/scheduling';
import type { Problem } from '../problem/problem.ts';

/**
 * What stays although something could be saved, why, and what that costs: the node's price less what its pods are worth
 * elsewhere. A pod in a class is worth its shadow price, another its largest share of the kind that holds it cheapest; where
 * nothing can be launched, of its own node.
 * When the node itself has a reason the cost is the node's, else it is shared by the pods that hold it.
 */
export function staysOf(snapshot: Snapshot, problem: Problem, duals: ArrayLike<number>): PlanStay[] {
  const worthOfPod = new Map<SnapshotPod, number>();
  for (const { pods, index } of problem.classes) for (const pod of pods) worthOfPod.set(pod, duals[index]!);
  const podsByNode = Map.groupBy(snapshot.pods, ({ node }) => node);
  const prices = new Map(problem.nodes.map(({ node, microsPerHour }) => [node.name, microsPerHour]));
  const stays: PlanStay[] = [];
  for (const { name, allocatable } of snapshot.nodes) {
    const pods = (podsByNode.get(name) ?? []).filter((pod) => !belongsToNode(pod));
    const held = pods.filter((pod) => problem.podReasons.has(`${pod.namespace}/${pod.name}`));
    const price = prices.get(name);
    let lost = price ?? 0;
    for (const pod of pods) {
      // Where nothing can be launched, room on the node itself is the only measure of what a pod is worth.
      lost -=
        problem.kinds.length === 0
          ? largestShare(pod.requests, (resource) => allocatable[resource] ?? 0) * (price ?? 0)
          : (worthOfPod.get(pod) ?? cheapestShare(pod.requests, problem));
    }
    const cost = price === undefined ? 0 : Math.max(0, Math.floor(lost));
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
  const dims = new Map(problem.resources.map((name, r) => [name, r]));
  let cheapest = Number.POSITIVE_INFINITY;
  for (const { capacity, microsPerHour } of problem.kinds) {
    const share = largestShare(requests, (name) =>
      dims.has(name) ? capacity[dims.get(name)!]! : Number.POSITIVE_INFINITY,
    );
    if (share <= 1) cheapest = Math.min(cheapest, share * microsPerHour);
  }
  return cheapest;
}

function largestShare(requests: Resources, capacityOf: (resource: string) => number): number {
  let share = 0;
  for (const [name, amount] of Object.entries(requests)) {
    const capacity = capacityOf(name);
    if (amount > 0) share = Math.max(share, capacity > 0 ? amount / capacity : Number.POSITIVE_INFINITY);
  }
  return share;
}
