import { autoscale } from './autoscaler.ts';
import { draw } from './draw.ts';
import { onNodeJoins, onNodeReady, orderNode, removeNode } from './nodes.ts';
import { onPodGone, onPodReady, reconcileOwner } from './pods.ts';
import { schedule } from './scheduler.ts';
import { giveNotice, onInterruption, strike } from './timed-faults.ts';
import type { World } from './world.ts';

const SPOT_NOTICE_MS = 120_000;
const AUTOSCALE_MS = 10_000;

/** Takes the next thing that is to happen, and lets it happen. */
export function happen(world: World): void {
  const event = world.take();
  switch (event.kind) {
    case 'schedule':
      schedule(world);
      return;
    case 'pod-ready':
      onPodReady(world, event.uid);
      return;
    case 'pod-gone':
      onPodGone(world, event.uid);
      return;
    case 'node-joins':
      onNodeJoins(world, event.token);
      return;
    case 'node-ready':
      onNodeReady(world, event.name, event.uid);
      return;
    case 'node-gone':
      if (world.state.nodes.get(event.name)?.node.uid === event.uid) removeNode(world, event.name, 'restow');
      return;
    case 'spot-notice':
      if (world.state.nodes.get(event.name)?.node.uid === event.uid) {
        giveNotice(world, event.name, world.state.behaviour.spot?.noticeMs ?? SPOT_NOTICE_MS);
      }
      return;
    case 'spot-interruption':
      onInterruption(world, event.name, event.uid);
      return;
    case 'autoscale':
      autoscale(world);
      // It looks again as long as there is something to look after.
      if (world.state.behaviour.autoscaler?.removeEmptyAfterMs != null || isWaiting(world)) {
        world.at({ kind: 'autoscale' }, AUTOSCALE_MS);
      }
      return;
    case 'buy-back':
      orderNode(world, event.order, 'autoscaler');
      return;
    case 'fault':
      strike(world, event.fault);
      return;
    case 'scale': {
      const owner = world.state.owners.get(event.owner);
      if (owner === undefined || owner.replicas === event.replicas) return;
      world.state.owners.set(event.owner, { ...owner, replicas: event.replicas });
      reconcileOwner(world, event.owner);
      world.changed();
      return;
    }
    case 'spot-share': {
      const { zone, share, noticeMs } = event;
      const spot = [...world.state.nodes.values()].filter(
        ({ node }) => node.capacityType === 'spot' && (zone === null || node.zone === zone),
      );
      const rank = ({ node }: (typeof spot)[number]) => draw(world.state.seed, 'share', world.now, node.uid);
      spot.sort((a, b) => rank(a) - rank(b));
      for (const { node } of spot.slice(0, Math.ceil(share * spot.length))) giveNotice(world, node.name, noticeMs);
      return;
    }
    case 'spot-capacity': {
      const { noSpot } = world.state;
      const at = noSpot.indexOf(event.zone);
      if (event.available && at >= 0) noSpot.splice(at, 1);
      if (!event.available && at < 0) noSpot.push(event.zone);
      return;
    }
    case 'prices':
      changePrices(world, event.capacityType, event.factor);
      return;
  }
}

function isWaiting(world: World): boolean {
  return [...world.state.pods.values()].some(({ pod }) => pod.node === null && !pod.terminating);
}

/** Prices of a capacity type, for nodes that are there and for those to come. */
function changePrices(world: World, capacityType: string, factor: number): void {
  const { state } = world;
  state.offerings = state.offerings.map((offering) =>
    offering.capacityType === capacityType
      ? { ...offering, nanosPerHour: Math.round(offering.nanosPerHour * factor) }
      : offering,
  );
  for (const entry of [...state.nodes.values()]) {
    if (entry.node.capacityType !== capacityType || entry.microsPerHour === null) continue;
    world.setNode({ ...entry, microsPerHour: Math.round(entry.microsPerHour * factor) });
  }
  world.changed();
}
