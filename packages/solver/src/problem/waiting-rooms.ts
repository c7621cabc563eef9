import type { Policy, Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import { belongsToNode, unclearReasons, type World, worldOf } from '@restow/scheduling';
import type { PlanRequest } from '../make-plan.ts';
import type { NodeKind, PodClass, ProblemNode } from './problem.ts';

/** Names of nodes have no such character. */
const PREFIX = 'pending/';
/** Leaving a pod without a node costs so many times the cheapest node that holds it: more than making room ever does. */
const TIMES = 4;

/**
 * Whether it is no node but where a pod is that waits for one: priced, so that it pays to make room for the pod; with room
 * for nothing else; and in no domain.
 */
export function isWaitingRoom(node: string): boolean {
  return node.startsWith(PREFIX);
}

/** The same request, where policy wants room made for pending pods, with each of them in a waiting room of its own. */
export function withWaitingRooms(request: PlanRequest): PlanRequest {
  const { snapshot, policy } = request;
  if (!policy.pending.makeRoom) return request;
  const world = worldOf(snapshot);
  const machineOf = machines(snapshot);
  const rooms: SnapshotNode[] = [];
  const pods = snapshot.pods.map((pod) => {
    if (pod.node !== null || reasonsToWait(pod, policy, world).length > 0) return pod;
    const name = `${PREFIX}${pod.namespace}/${pod.name}`;
    rooms.push(roomOf(name, machineOf(pod)));
    return { ...pod, node: name };
  });
  return rooms.length === 0
    ? request
    : { ...request, snapshot: { ...snapshot, nodes: [...snapshot.nodes, ...rooms], pods } };
}

/** What it was made of: those that wait are pending. */
export function withoutWaitingRooms(snapshot: Snapshot): Snapshot {
  const nodes = snapshot.nodes.filter(({ name }) => !isWaitingRoom(name));
  if (nodes.length === snapshot.nodes.length) return snapshot;
  const pods = snapshot.pods.map((pod) =>
    pod.node !== null && isWaitingRoom(pod.node) ? { ...pod, node: null } : pod,
  );
  return { ...snapshot, nodes, pods };
}

/** Why no room is made for a pending pod; none: it is. */
export function reasonsToWait(pod: SnapshotPod, { pending }: Policy, world: World): string[] {
  if (!pending.makeRoom) return ['this plan places only pods that run (policy pending.makeRoom)'];
  if (pod.priority < pending.leastPriority)
    return [`its priority is ${pod.priority}: no room is made for it (policy pending.leastPriority)`];
  if (belongsToNode(pod)) return ['it belongs to one node, and nothing else can take it'];
  if (pod.terminating) return ['it is terminating'];
  const claims = pod.claims.filter((claim) => !world.volumes.has(`${pod.namespace}/${claim}`));
  return [
    ...unclearReasons(pod, world),
    ...claims.map((claim) => `its claim ${claim} has no volume: where that may be is not known`),
  ];
}

/** What the waiting rooms cost, now that it is known what may hold those who wait. */
export function priceWaitingRooms(
  nodes: readonly ProblemNode[],
  classes: readonly PodClass[],
  kinds: readonly Pick<NodeKind, 'shape' | 'capacity' | 'microsPerHour'>[],
  eligible: readonly Uint8Array[],
): ProblemNode[] {
  const dearest = [...nodes, ...kinds].reduce((most, { microsPerHour }) => Math.max(most, microsPerHour), 1);
  const holds = ({ shape, capacity }: (typeof kinds)[number], { index, dims, amounts }: PodClass) =>
    eligible[shape]![index] === 1 && dims.every((r, k) => amounts[k]! <= capacity[r]!);
  const cheapestFor = classes.map((one) =>
    one.isPending
      ? kinds.reduce((least, kind) => (holds(kind, one) ? Math.min(least, kind.microsPerHour) : least), dearest)
      : dearest,
  );
  return nodes.map((node) => {
    if (!isWaitingRoom(node.node.name)) return node;
    return { ...node, microsPerHour: TIMES * Math.max(1, cheapestFor[node.homeClasses[0]!]!) };
  });
}

type Machine = Pick<SnapshotNode, 'arch' | 'os' | 'capacityType'>;

/** On what one runs that the same owner made, else on what most nodes are: images of one architecture crash on others. */
function machines({ nodes, pods }: Snapshot): (pod: SnapshotPod) => Machine {
  const nodeOf = new Map(nodes.map((node) => [node.name, node]));
  const byOwner = new Map<string, Machine>();
  for (const { owner, node } of pods) {
    const known = node === null ? undefined : nodeOf.get(node);
    if (owner !== null && known !== undefined && !byOwner.has(owner.uid)) byOwner.set(owner.uid, known);
  }
  const alike = Map.groupBy(nodes, ({ arch, os, capacityType }) => `${arch}|${os}|${capacityType}`);
  const [most] = [...alike.values()].sort((a, b) => b.length - a.length);
  const usual: Machine = most?.[0] ?? { arch: 'amd64', os: 'linux', capacityType: 'on-demand' };
  return ({ owner }) => (owner === null ? undefined : byOwner.get(owner.uid)) ?? usual;
}

function roomOf(name: string, { arch, os, capacityType }: Machine): SnapshotNode {
  return {
    name,
    uid: '',
    labels: {},
    taints: [],
    unschedulable: false,
    ready: true,
    deleting: false,
    providerId: null,
    allocatable: {},
    arch,
    os,
    instanceType: null,
    zone: null,
    region: null,
    capacityType,
    owner: 'restow',
    group: null,
    controlPlane: false,
    doNotDisrupt: null,
  };
}
