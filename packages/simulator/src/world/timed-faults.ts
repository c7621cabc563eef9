import type { SnapshotNode } from '@restow/model';
import { budgetNow } from './budgets.ts';
import { draw } from './draw.ts';
import type { Fault, TimedFault } from './faults.ts';
import { removeNode } from './nodes.ts';
import { isDaemon, nameOf, onPodReady, reconcileOwner, stopPod } from './pods.ts';
import type { World } from './world.ts';
import type { WorldPod } from './world-state.ts';

/** What each timed failure does. Answers what it struck. */
const STRIKE: Readonly<Record<TimedFault, (world: World, fault: Fault) => readonly string[]>> = {
  'node-lost': (world, fault) =>
    each(
      pickNodes(world, fault, () => true),
      (name) => loseNode(world, name),
    ),
  'spot-interruption': (world, fault) => {
    const noticed = pickNodes(world, fault, ({ capacityType }) => capacityType === 'spot');
    return each(noticed, (name) => giveNotice(world, name, fault.durationMs));
  },
  'room-taken': (world, fault) => each(pickNodes(world, fault, isOpen), (name) => takeRoom(world, name)),
  'pod-replaced': (world, fault) => each(pickPods(world, fault), (uid) => stopPod(world, uid)),
  'node-uncordoned': (world, fault) =>
    each(
      pickNodes(world, fault, ({ unschedulable }) => unschedulable),
      (name) => setCordon(world, name, false),
    ),
  'node-cordoned': (world, fault) => each(pickNodes(world, fault, isOpen), (name) => setCordon(world, name, true)),
  'node-relabelled': (world, fault) =>
    each(
      pickNodes(world, fault, () => true),
      (name) => {
        const entry = world.state.nodes.get(name)!;
        world.setNode({ ...entry, node: { ...entry.node, labels: { ...entry.node.labels, changed: 'true' } } });
      },
    ),
  'view-outage': (world, fault) => {
    world.state.outageUntil = world.now + fault.durationMs;
    return [`${fault.durationMs} ms`];
  },
  'owner-scaled': (world, fault) => each(pickOwners(world, fault), (uid) => scaleOwner(world, uid, 1)),
  'budget-closed': (world) => {
    const { pods } = world.state;
    world.state.budgets = world.state.budgets.map((budget) => {
      const { disruptionsAllowed } = budgetNow(budget, pods);
      return budget.minimum === null ? budget : { ...budget, minimum: budget.minimum + (disruptionsAllowed ?? 0) };
    });
    world.changed();
    return world.state.budgets.map(({ name }) => name);
  },
  'cluster-unwell': (world, fault) => {
    const struck = pickPods(world, fault);
    return each(struck, (uid) => {
      world.setPod({ ...world.state.pods.get(uid)!, readySince: null });
      world.at({ kind: 'pod-ready', uid }, fault.durationMs);
    });
  },
};

export function strike(world: World, fault: Fault & { readonly name: TimedFault }): void {
  const what = STRIKE[fault.name](world, fault);
  world.log({ kind: 'fault', name: fault.name, what: what.join(', ') });
  world.at({ kind: 'schedule' }, world.state.behaviour.schedulerMs);
}

function each(what: readonly string[], act: (one: string) => void): readonly string[] {
  for (const one of what) act(one);
  return what;
}

function loseNode(world: World, name: string): void {
  // Whoever asked for it first has removed it.
  removeNode(world, name, world.state.nodes.get(name)!.node.deleting ? 'restow' : 'cloud');
  world.log({ kind: 'node-lost', node: name });
  world.state.notices.splice(0, world.state.notices.length, ...world.state.notices.filter((one) => one.node !== name));
}

/** The cloud says that it takes a node back, and does so after `noticeMs`. */
export function giveNotice(world: World, name: string, noticeMs: number): void {
  const { uid } = world.state.nodes.get(name)!.node;
  const id = `notice-${uid}`;
  if (world.state.notices.some((notice) => notice.id === id)) return;
  world.state.notices.push({ id, kind: 'spot-interruption', node: name, deadline: world.now + noticeMs });
  world.at({ kind: 'spot-interruption', name, uid }, noticeMs);
  world.changed();
}

export function onInterruption(world: World, name: string, uid: string): void {
  if (world.state.nodes.get(name)?.node.uid === uid) loseNode(world, name);
}

/** Somebody's pods come and take half of what a node has free. */
function takeRoom(world: World, name: string): void {
  const { node, used } = world.placed.place(name);
  const half = (resource: string) => Math.floor(((node.allocatable[resource] ?? 0) - (used[resource] ?? 0)) / 2);
  const sample = [...world.state.pods.values()].find(({ pod }) => !isDaemon(pod));
  if (sample === undefined || half('cpu') <= 0) return;
  const uid = world.nextUid('pod');
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `rogue-${uid}`, uid: `rs-rogue-${uid}` };
  const requests = { cpu: half('cpu'), memory: Math.max(0, half('memory')) };
  const spec = { ...sample.pod.spec, nodeSelector: {}, nodeAffinity: null, podAffinity: [], podAntiAffinity: [] };
  const pod: WorldPod['pod'] = {
    ...sample.pod,
    namespace: 'rogue',
    name: owner.name,
    uid,
    labels: { app: 'rogue' },
    owner,
    node: name,
    terminating: false,
    requests,
    spec: { ...spec, topologySpread: [], hostPorts: [] },
    claims: [],
  };
  world.state.owners.set(owner.uid, {
    reference: owner,
    namespace: 'rogue',
    replicas: 1,
    template: { ...pod, node: null },
  });
  world.setPod({ pod, readySince: null, createdAt: world.now, wanted: null, unschedulableSince: null });
  world.log({ kind: 'pod-created', uid, name: nameOf(pod) });
  onPodReady(world, uid);
}

function setCordon(world: World, name: string, unschedulable: boolean): void {
  const entry = world.state.nodes.get(name)!;
  world.setNode({ ...entry, node: { ...entry.node, unschedulable } });
}

export function scaleOwner(world: World, uid: string, by: number): void {
  const owner = world.state.owners.get(uid)!;
  world.state.owners.set(uid, { ...owner, replicas: Math.max(0, owner.replicas + by) });
  reconcileOwner(world, uid);
  world.changed();
}

function isOpen({ unschedulable, ready }: SnapshotNode): boolean {
  return !unschedulable && ready;
}

function pickNodes(world: World, fault: Fault, may: (node: SnapshotNode) => boolean): string[] {
  const names = [...world.state.nodes.values()].filter(({ node }) => may(node)).map(({ node }) => node.name);
  return pick(world, fault, names);
}

function pickPods(world: World, fault: Fault): string[] {
  const pods = [...world.state.pods.values()].filter(({ pod, readySince }) => {
    return !isDaemon(pod) && pod.owner !== null && !pod.terminating && readySince !== null;
  });
  const uids = pods.map(({ pod }) => pod.uid);
  return pick(world, fault, uids);
}

function pickOwners(world: World, fault: Fault): string[] {
  const owners = [...world.state.owners.values()].filter(({ reference }) => reference.kind === 'ReplicaSet');
  const uids = owners.map(({ reference }) => reference.uid);
  return pick(world, fault, uids);
}

/** So many of them, drawn without putting back. */
function pick(world: World, fault: Fault, from: readonly string[]): string[] {
  const rank = (one: string) => draw(world.state.seed, 'pick', fault.name, fault.afterMs, one);
  return [...from].sort((a, b) => rank(a) - rank(b)).slice(0, fault.times ?? 1);
}
