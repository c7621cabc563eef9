import type { Snapshot, SnapshotPod } from '@restow/model';
import { keepRefusal, keptOf, refusalsOfNode, worldOf } from '@restow/scheduling';
import { demandOf, supplyOf } from '../problem/demand.ts';
import type { Problem } from '../problem/problem.ts';

/**
 * Says what a pod costs elsewhere, in micro-units an hour: the shadow price of its class, but no less than its largest
 * share of the machine that holds it cheapest of those that may, since room that costs nothing is there only because
 * something is held. Where nothing can be launched it is its share of its own node; infinite when no machine may take it.
 */
export function worthOfPods(
  snapshot: Snapshot,
  problem: Problem,
  duals: ArrayLike<number>,
): (pod: SnapshotPod) => number {
  const world = worldOf(snapshot);
  const homes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const prices = new Map(problem.nodes.map(({ node, microsPerHour }) => [node.name, microsPerHour]));
  const shadowPrices = new Map(problem.classes.flatMap(({ pods, index }) => pods.map((pod) => [pod, duals[index]!])));
  const machines = problem.allKinds.map(({ offering, view, microsPerHour }) => {
    return { offering, view: view('new'), microsPerHour };
  });

  function cheapestShare(pod: SnapshotPod, demand: Readonly<Record<string, number>>): number {
    const kept = keptOf(pod, homes.get(pod.node!)!, problem.policy);
    let cheapest = Number.POSITIVE_INFINITY;
    for (const { offering, view, microsPerHour } of machines) {
      const share = largestShare(demand, (resource) => supplyOf(view, resource));
      if (share > 1 || share * microsPerHour >= cheapest || keepRefusal(kept, offering) !== null) continue;
      if (refusalsOfNode(pod, view, world).length === 0) cheapest = share * microsPerHour;
    }
    return cheapest;
  }

  const known = new Map<string, number>();
  return (pod) => {
    const demand = demandOf(pod, world);
    if (machines.length === 0) {
      const { name, allocatable } = homes.get(pod.node!)!;
      return largestShare(pod.requests, (resource) => allocatable[resource] ?? 0) * (prices.get(name) ?? 0);
    }
    const { nodeSelector, nodeAffinity, tolerations } = pod.spec;
    const rules = [keptOf(pod, homes.get(pod.node!)!, problem.policy), nodeSelector, nodeAffinity, tolerations];
    const key = JSON.stringify([demand, rules, pod.claims]);
    const share = known.get(key) ?? cheapestShare(pod, demand);
    known.set(key, share);
    return Math.max(share, shadowPrices.get(pod) ?? 0);
  };
}

function largestShare(demand: Readonly<Record<string, number>>, capacityOf: (resource: string) => number): number {
  let share = 0;
  for (const [name, amount] of Object.entries(demand)) {
    const capacity = capacityOf(name);
    if (amount > 0) share = Math.max(share, capacity > 0 ? amount / capacity : Number.POSITIVE_INFINITY);
  }
  return share;
}
