import type { Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import {
  attachLimitsOf,
  type Carrier,
  ClusterState,
  carriersBySubject,
  carriersOf,
  maySchedule,
  troubles,
  viewOfNode,
  worldOf,
} from '@restow/scheduling';
import type { LiveCluster } from '../ports/cluster-view.ts';
import type { Arrival } from './context.ts';

/** The cluster with what is on its way: the state that a move must fit into. */
export interface Occupancy {
  readonly snapshot: Snapshot;
  readonly state: ClusterState;
  /** Whose rules speak of a pod. */
  readonly speakingOf: (pod: SnapshotPod) => readonly Carrier[];
  readonly nodes: ReadonlyMap<string, SnapshotNode>;
  readonly pods: ReadonlyMap<string, SnapshotPod>;
  /** Without a node. */
  readonly pending: readonly SnapshotPod[];
}

const known = new WeakMap<LiveCluster, Occupancy>();

/** What runs now, counted once for each look at the cluster. Who changes the state puts it back as it was. */
export function occupancyOf(live: LiveCluster): Occupancy {
  let occupancy = known.get(live);
  if (occupancy === undefined) {
    occupancy = countCluster(live.snapshot, new Set());
    known.set(live, occupancy);
  }
  return occupancy;
}

/** A count of one's own to play with; `open` are cordoned nodes that are taken to accept pods. */
export function countCluster(snapshot: Snapshot, open: ReadonlySet<string>): Occupancy {
  const limits = attachLimitsOf(snapshot);
  const world = worldOf(snapshot);
  const state = new ClusterState(
    world,
    snapshot.nodes.map((node) => {
      const view = viewOfNode(node, limits);
      return open.has(node.name) ? { ...view, unschedulable: false } : view;
    }),
  );
  for (const pod of snapshot.pods) if (pod.node !== null && state.has(pod.node)) state.add(pod, pod.node);
  return {
    snapshot,
    state,
    speakingOf: carriersBySubject(carriersOf(snapshot.pods, world)),
    nodes: new Map(snapshot.nodes.map((node) => [node.name, node])),
    pods: new Map(snapshot.pods.map((pod) => [pod.uid, pod])),
    pending: snapshot.pods.filter(({ node, terminating }) => node === null && !terminating),
  };
}

/** Asks with the arrivals counted where they are expected, and one pod not counted at all. */
export function withArrivals<Result>(
  { state }: Occupancy,
  arrivals: Iterable<Arrival>,
  leaving: { readonly pod: SnapshotPod; readonly from: string } | null,
  ask: () => Result,
): Result {
  const placed: Arrival[] = [];
  for (const { pod, to } of arrivals) {
    if (!state.has(to)) continue;
    const arrival = { pod: { ...pod, terminating: false }, to };
    state.add(arrival.pod, to);
    placed.push(arrival);
  }
  if (leaving !== null) state.remove(leaving.pod, leaving.from);
  try {
    return ask();
  } finally {
    if (leaving !== null) state.add(leaving.pod, leaving.from);
    for (const { pod, to } of placed) state.remove(pod, to);
  }
}

/**
 * Whose rules would be broken if the pod, which must not be counted in the state, came to the node, and were not broken
 * while it ran on `from`. Rules of the scheduler speak only of the pod that arrives; these are the others'.
 */
export function brokenBy(occupancy: Occupancy, pod: SnapshotPod, from: string, to: string): string | null {
  const { state, speakingOf } = occupancy;
  const concerned = speakingOf(pod).filter((carrier) => carrier.pod !== pod && carrier.pod.node !== null);
  if (concerned.length === 0) return null;
  const troublesWith = (node: string): Set<string>[] => {
    state.add(pod, node);
    const found = concerned.map((carrier) => new Set(troubles(carrier.pod, carrier.pod.node!, state)));
    state.remove(pod, node);
    return found;
  };
  const before = state.has(from) ? troublesWith(from) : concerned.map(() => new Set<string>());
  const after = troublesWith(to);
  for (const [index, carrier] of concerned.entries()) {
    for (const rule of after[index]!) {
      if (!before[index]!.has(rule)) return `${rule} of ${carrier.pod.namespace}/${carrier.pod.name}`;
    }
  }
  return null;
}

/** Puts on the node what waits in the cluster and could take its room, then calls back, then takes it off again. */
export function withPendingOn<Result>(
  occupancy: Occupancy,
  node: string,
  isOurs: (pod: SnapshotPod) => boolean,
  ask: () => Result,
): Result {
  const { pending, state } = occupancy;
  const placed: SnapshotPod[] = [];
  for (const pod of pending) {
    if (isOurs(pod)) continue;
    if (!maySchedule(pod, node, state)) continue;
    state.add(pod, node);
    placed.push(pod);
  }
  const result = ask();
  for (const pod of placed) state.remove(pod, node);
  return result;
}
