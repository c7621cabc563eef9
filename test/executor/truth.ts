import type { Snapshot, SnapshotPod } from '@restow/model';
import { attachLimitsOf, ClusterState, carriersOf, troubles, viewOfNode, worldOf } from '@restow/scheduling';
import { isDaemon, type World } from '@restow/simulator';

const HOUR_MS = 3_600_000;

/** What really happened, from the simulator's log alone: the numbers that a run's account must equal. */
export function truthOf({ state }: World, endedAt: number) {
  const { log, nodes, orders } = state;
  const own = new Set(
    log.flatMap((entry) => (entry.kind === 'node-ordered' && entry.by === 'restow' ? [entry.token] : [])),
  );
  const ownNodes = new Set([...own].map((token) => orders.get(token)!.node));
  const removed = log.filter((entry) => entry.kind === 'node-removed' && entry.by === 'restow');
  const changes: { at: number; rate: number }[] = [];
  for (const entry of log) {
    if (entry.kind === 'node-ordered' && own.has(entry.token))
      changes.push({ at: entry.at, rate: entry.microsPerHour });
    if (entry.kind === 'order-gone' && own.has(entry.token)) changes.push({ at: entry.at, rate: -entry.microsPerHour });
    if (entry.kind === 'node-removed' && (entry.by === 'restow' || ownNodes.has(entry.node))) {
      changes.push({ at: entry.at, rate: -(entry.microsPerHour ?? 0) });
    }
  }
  let surge = 0;
  let rate = 0;
  let last = state.startedAt;
  for (const change of changes) {
    surge += Math.max(0, rate) * (change.at - last);
    rate += change.rate;
    last = change.at;
  }
  surge += Math.max(0, rate) * Math.max(0, endedAt - last);
  return {
    microsPerHour: [...nodes.values()].reduce((sum, node) => sum + (node.microsPerHour ?? 0), 0),
    evicted: log.filter(({ kind }) => kind === 'pod-evicted' || kind === 'pod-surged').length,
    launched: own.size,
    removed: removed.filter((entry) => entry.kind === 'node-removed' && !ownNodes.has(entry.node)).length,
    surgeMicros: Math.ceil(surge / HOUR_MS),
  };
}

/** Pods that an owner wants and that are not there, and pods without an owner that have gone. */
export function lostPods(world: World, before: Snapshot): string[] {
  const { owners, pods, log } = world.state;
  const lost: string[] = [];
  for (const [uid, { reference, replicas }] of owners) {
    const there = [...pods.values()].filter(({ pod }) => pod.owner?.uid === uid && !pod.terminating).length;
    // A StatefulSet's next pod waits until the one before has gone.
    const stopping = [...pods.values()].filter(({ pod }) => pod.owner?.uid === uid && pod.terminating).length;
    if (there + (reference.kind === 'StatefulSet' ? stopping : 0) < replicas)
      lost.push(`${reference.name}: ${there} of ${replicas}`);
  }
  const byCloud = new Set(
    log.flatMap((entry) => (entry.kind === 'pod-lost' && entry.by === 'cloud' ? [entry.uid] : [])),
  );
  for (const pod of before.pods) {
    if (pod.owner === null && !pods.has(pod.uid) && !byCloud.has(pod.uid))
      lost.push(`${pod.name} has no owner and is gone`);
  }
  return lost;
}

/** Every rule that a running pod does not meet where it is, as `pod rule`. */
export function brokenRules(snapshot: Snapshot): Set<string> {
  const world = worldOf(snapshot);
  const limits = attachLimitsOf(snapshot);
  const state = new ClusterState(
    world,
    snapshot.nodes.map((node) => viewOfNode(node, limits)),
  );
  const running = snapshot.pods.filter((pod) => pod.node !== null && !pod.terminating);
  for (const pod of snapshot.pods) if (pod.node !== null) state.add(pod, pod.node);
  const broken = new Set<string>();
  for (const { pod } of carriersOf(running, world)) {
    for (const rule of troubles(pod, pod.node!, state)) broken.add(`${ownerOf(pod)} ${rule}`);
  }
  return broken;
}

function ownerOf(pod: SnapshotPod): string {
  return isDaemon(pod) ? pod.name : `${pod.namespace}/${pod.owner?.name ?? pod.name}`;
}
