import { LABEL, type Offering } from '@restow/model';
import { refusalsOfNode } from '@restow/scheduling';
import { orderNode, removeNode } from './nodes.ts';
import type { World } from './world.ts';
import type { WorldPod } from './world-state.ts';

/** Buys the cheapest node that takes a pod for which there is none, and gives back what has long been empty. */
export function autoscale(world: World): void {
  const { autoscaler } = world.state.behaviour;
  if (autoscaler === null) return;
  for (const entry of [...world.state.pods.values()]) {
    const { unschedulableSince, pod } = entry;
    if (pod.node !== null || unschedulableSince === null || world.now - unschedulableSince < autoscaler.afterMs)
      continue;
    buyFor(world, entry);
  }
  if (autoscaler.removeEmptyAfterMs === null) return;
  for (const { node, emptySince } of [...world.state.nodes.values()]) {
    if (emptySince === null || node.owner === 'unknown' || node.unschedulable) continue;
    if (world.now - emptySince >= autoscaler.removeEmptyAfterMs) removeNode(world, node.name, 'autoscaler');
  }
}

function buyFor(world: World, { pod }: WorldPod): void {
  const token = `autoscaler-${pod.uid}`;
  if (world.state.orders.has(token)) return;
  const groups = [...new Map([...world.state.base.nodes].map((node) => [node.group, node])).values()];
  const fitting = world.state.offerings
    .filter((one) => one.launchable)
    .flatMap((offering) => groups.map((sample) => ({ offering, sample })))
    .filter(({ offering, sample }) => {
      if (offering.capacityType !== sample.capacityType || offering.arch !== sample.arch) return false;
      const { zone } = sample;
      const labels = { ...sample.labels, [LABEL.instanceType]: offering.instanceType, [LABEL.hostname]: 'new' };
      const view = { name: 'new', labels, taints: sample.taints, unschedulable: false, attachLimits: {} };
      const allows = offering.zone === null || offering.zone === zone;
      const fits = Object.entries(pod.requests).every(([name, amount]) => amount <= roomOf(offering, name));
      return (
        allows &&
        fits &&
        refusalsOfNode(pod, { ...view, allocatable: offering.allocatable }, world.placed.world).length === 0
      );
    })
    .sort((a, b) => a.offering.nanosPerHour - b.offering.nanosPerHour);
  const [best] = fitting;
  if (best === undefined) return;
  const { instanceType, capacityType, arch } = best.offering;
  const { zone, group } = best.sample;
  orderNode(world, { token, instanceType, zone, capacityType, arch, group, unpreferred: false }, 'autoscaler');
}

/** Daemon sets take their part. */
function roomOf({ allocatable }: Offering, name: string): number {
  return (allocatable[name] ?? 0) * 0.9;
}
