import type { LaunchOrder, LaunchRefusal, Refusal, RemoveRefusal } from '@restow/executor';
import {
  LABEL,
  nanosToMicros,
  type Offering,
  type SnapshotNode,
  type SnapshotPod,
  UNPREFERRED_TAINT,
} from '@restow/model';
import { daemonPods, refusalsOfNode } from '@restow/scheduling';
import { drawBetween, drawExponential } from './draw.ts';
import { isDaemon, losePod, nameOf } from './pods.ts';
import type { World } from './world.ts';
import type { Buyer } from './world-state.ts';

const SLOW = 20;

/** Orders a node; the same order twice is one. */
export function orderNode(
  world: World,
  order: LaunchOrder,
  by: Buyer,
): Refusal<LaunchRefusal> | { ok: true; launchedAt: number } {
  const { orders, behaviour, seed } = world.state;
  const known = orders.get(order.token);
  if (known !== undefined) return { ok: true, launchedAt: known.launchedAt };
  const offering = offeringFor(world, order);
  if (offering === undefined) return { ok: false, code: 'refused', reason: `${order.instanceType} is not offered` };
  const key = `${order.instanceType}/${order.zone}/${order.capacityType}`;
  const { noSpot } = world.state;
  if (order.capacityType === 'spot' && (noSpot.includes(null) || noSpot.includes(order.zone))) {
    return { ok: false, code: 'no-capacity', reason: `there is no spot capacity in ${order.zone} now` };
  }
  if (by === 'restow' && world.strikes('launch-no-capacity', key)) {
    return { ok: false, code: 'no-capacity', reason: `no ${key} can be had now` };
  }
  const microsPerHour = nanosToMicros(offering.nanosPerHour);
  orders.set(order.token, { order, microsPerHour, launchedAt: world.now, node: null, state: 'coming', goneAt: null });
  world.log({ kind: 'node-ordered', token: order.token, microsPerHour, by });
  const [least, most] = behaviour.launchMs;
  const slow = world.strikes('launch-slow', order.token) ? SLOW : 1;
  if (!world.strikes('launch-never-joins', order.token)) {
    world.at({ kind: 'node-joins', token: order.token }, slow * drawBetween(least, most, seed, 'launch', order.token));
  }
  world.changed();
  return { ok: true, launchedAt: world.now };
}

function offeringFor(world: World, { instanceType, zone, capacityType, arch }: LaunchOrder): Offering | undefined {
  return world.state.offerings.find(
    (one) =>
      one.instanceType === instanceType &&
      one.capacityType === capacityType &&
      one.arch === arch &&
      (one.zone === null || one.zone === zone),
  );
}

export function onNodeJoins(world: World, token: string): void {
  const order = world.state.orders.get(token)!;
  if (order.state !== 'coming') return;
  const name = `node-${token}`;
  const uid = world.nextUid('node');
  const node = makeNode(world, order.order, name, uid);
  world.state.orders.set(token, { ...order, node: name, state: 'joined' });
  const { microsPerHour } = order;
  world.setNode({ node, microsPerHour, createdAt: world.now, token, emptySince: world.now });
  world.log({ kind: 'node-joined', node: name });
  if (!world.strikes('node-never-ready', token)) {
    world.at({ kind: 'node-ready', name, uid }, drawBetween(2000, 8000, world.state.seed, 'node-ready', token));
  }
}

/** As the run's own mark looks on a node. */
export const SOFT_TAINT = { key: UNPREFERRED_TAINT, value: '', effect: 'PreferNoSchedule' as const };

/** As others of its group are, or as its pool or template says. */
function makeNode(world: World, order: LaunchOrder, name: string, uid: string): SnapshotNode {
  const { base, offerings } = world.state;
  const { instanceType, zone, capacityType, arch, group } = order;
  const offering = offeringFor(world, order) ?? offerings[0]!;
  const alike = base.nodes.filter((node) => node.group === group);
  const pool = base.nodePools.find((one) => one.name === group);
  const sample = alike.find((node) => node.instanceType === instanceType) ?? alike[0];
  const labels: Record<string, string> = {
    ...(group === null ? { [LABEL.restowTemplate]: 'plain' } : (pool?.labels ?? sample?.labels ?? {})),
    ...(pool === undefined ? {} : { [LABEL.karpenterNodePool]: pool.name }),
    [LABEL.hostname]: name,
    [LABEL.arch]: arch,
    [LABEL.os]: offering.os,
    [LABEL.instanceType]: instanceType,
    [LABEL.karpenterCapacityType]: capacityType,
  };
  if (zone !== null) labels[LABEL.zone] = zone;
  const region = offering.region ?? sample?.region ?? base.nodes[0]?.region ?? null;
  if (region !== null) labels[LABEL.region] = region;
  const own = alike.filter((node) => node.instanceType === instanceType);
  return {
    name,
    uid,
    labels,
    taints: [...(pool?.taints ?? sample?.taints ?? []), ...(order.unpreferred ? [SOFT_TAINT] : [])],
    unschedulable: false,
    ready: false,
    deleting: false,
    providerId: `simulated://${name}`,
    allocatable: own[0]?.allocatable ?? offering.allocatable,
    arch,
    os: offering.os,
    instanceType,
    zone,
    region,
    capacityType,
    owner: sample?.owner ?? (pool === undefined ? 'restow' : 'karpenter'),
    group,
    controlPlane: false,
    doNotDisrupt: null,
  };
}

export function onNodeReady(world: World, name: string, uid: string): void {
  const entry = world.state.nodes.get(name);
  if (entry === undefined || entry.node.uid !== uid) return;
  world.setNode({ ...entry, node: { ...entry.node, ready: true } });
  world.log({ kind: 'node-ready', node: name });
  const place = world.placed.place(name);
  for (const daemon of daemonPods(world.state.base)) {
    if (refusalsOfNode(daemon, { ...place.node, unschedulable: false }, world.placed.world).length > 0) continue;
    const sample = world.state.base.pods.find(
      (pod) => pod.owner?.kind === 'DaemonSet' && pod.owner.name === daemon.name && pod.namespace === daemon.namespace,
    );
    const podUid = world.nextUid('pod');
    const owner = sample?.owner ?? { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemon.name, uid: daemon.name };
    const pod: SnapshotPod = {
      ...EMPTY_POD,
      ...daemon,
      name: `${daemon.name}-${podUid}`,
      uid: podUid,
      node: name,
      owner,
    };
    world.setPod({ pod, readySince: null, createdAt: world.now, wanted: null, unschedulableSince: null });
    world.at({ kind: 'pod-ready', uid: podUid }, 2000);
  }
  scheduleSpot(world, name);
  world.at({ kind: 'schedule' }, world.state.behaviour.schedulerMs);
}

const EMPTY_POD = {
  mirror: false,
  priority: 0,
  doNotDisrupt: null,
  safeToEvict: false,
  localVolumes: [],
  resourceClaims: [],
  notUnderstood: [],
} satisfies Partial<SnapshotPod>;

/** When a spot node will be taken back, drawn once when it comes. */
export function scheduleSpot(world: World, name: string): void {
  const { spot } = world.state.behaviour;
  const { node } = world.state.nodes.get(name)!;
  if (spot === null || node.capacityType !== 'spot') return;
  const after = Math.round(drawExponential(spot.meanMs, world.state.seed, 'spot', node.uid));
  world.at({ kind: 'spot-notice', name, uid: node.uid }, after);
}

/** Gives a node back. Whatever still runs on it is lost. */
export function removeNode(world: World, name: string, by: Buyer): void {
  const entry = world.state.nodes.get(name)!;
  for (const pod of [...world.placed.place(name).pods] as SnapshotPod[]) {
    if (isDaemon(pod)) world.dropPod(pod.uid);
    else losePod(world, pod.uid, by);
  }
  world.dropNode(name);
  world.state.gone.set(entry.node.uid, world.now);
  endOrder(world, entry.token);
  world.log({ kind: 'node-removed', node: name, microsPerHour: entry.microsPerHour, by });
  const { instanceType, zone, capacityType, arch, group } = entry.node;
  if (by === 'restow' && instanceType !== null && world.strikes('autoscaler-buys-back', name)) {
    const token = `buy-back-${name}`;
    world.at(
      { kind: 'buy-back', order: { token, instanceType, zone, capacityType, arch, group, unpreferred: false } },
      30_000,
    );
  }
  world.at({ kind: 'schedule' }, world.state.behaviour.schedulerMs);
}

export function endOrder(world: World, token: string | null): void {
  const order = token === null ? undefined : world.state.orders.get(token);
  if (order !== undefined) world.state.orders.set(token!, { ...order, state: 'gone', goneAt: world.now });
}

/** Why a node may not be given back; null: it may. */
export function removeRefusal(world: World, name: string): Refusal<RemoveRefusal> | null {
  const { node } = world.state.nodes.get(name)!;
  if (node.doNotDisrupt !== null) return { ok: false, code: 'protected', reason: `${name} is protected by its owner` };
  if (node.owner === 'unknown') return { ok: false, code: 'unknown-owner', reason: `nobody knows who owns ${name}` };
  const left = ([...world.placed.place(name).pods] as SnapshotPod[]).find((pod) => !isDaemon(pod));
  if (left !== undefined) return { ok: false, code: 'not-empty', reason: `${nameOf(left)} runs on ${name}` };
  if (world.strikes('remove-refused', name))
    return { ok: false, code: 'minimum', reason: `the group of ${name} is at its minimum` };
  return null;
}

export function drawRemoveMs(world: World, name: string): number {
  const [least, most] = world.state.behaviour.removeMs;
  return drawBetween(least, most, world.state.seed, 'remove', name);
}
