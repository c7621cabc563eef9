import type { Policy, Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import {
  attachLimitsOf,
  ClusterState,
  carriersBySubject,
  carriersOf,
  keepRefusal,
  keptOf,
  matchesSelector,
  maySchedule,
  nodeRole,
  parseLabelSelector,
  troubles,
  viewOfNode,
  worldOf,
} from '@restow/scheduling';

/**
 * A node for each of these pods among those that stay, the first ones first; null where none takes it. Everybody who is
 * placed counts for those after. Nodes that are the fullest are taken first, so that large gaps stay whole.
 */
export function findPlaces(
  snapshot: Snapshot,
  pods: readonly SnapshotPod[],
  going: ReadonlySet<string>,
  policy: Policy,
): Map<SnapshotPod, string | null> {
  const limits = attachLimitsOf(snapshot);
  const world = worldOf(snapshot);
  const state = new ClusterState(
    world,
    snapshot.nodes.map((node) => viewOfNode(node, limits)),
  );
  const nodeOf = new Map<SnapshotPod, string>();
  for (const pod of snapshot.pods) {
    if (pod.node === null || !state.has(pod.node)) continue;
    state.add(pod, pod.node);
    nodeOf.set(pod, pod.node);
  }
  const speakingOf = carriersBySubject(carriersOf(snapshot.pods, world));
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const scope = parseLabelSelector(policy.nodes);
  // Of what stays empty or not, only what nothing may come to matters here.
  const isOpen = (node: SnapshotNode) =>
    nodeRole(node, true, matchesSelector(scope, node.labels), policy, new Set()).frozen.length === 0;
  const targets = snapshot.nodes.filter((node) => !going.has(node.name) && isOpen(node));
  const freeOf = ({ name, allocatable }: SnapshotNode) => (allocatable.cpu ?? 0) - (state.place(name).used.cpu ?? 0);
  const places = new Map<SnapshotPod, string | null>();
  for (const pod of pods) {
    const home = nodes.get(pod.node!)!;
    const kept = keptOf(pod, home, policy);
    const concerned = speakingOf(pod).filter((carrier) => carrier.pod !== pod);
    const unwell = () =>
      concerned.flatMap(({ pod: other }) => {
        const at = nodeOf.get(other);
        return at === undefined ? [] : troubles(other, at, state).map((rule) => `${other.uid} ${rule}`);
      });
    const before = new Set(unwell());
    state.remove(pod, home.name);
    const to = targets
      .filter((node) => keepRefusal(kept, node) === null)
      .sort((one, other) => freeOf(one) - freeOf(other) || (one.name < other.name ? -1 : 1))
      .find(({ name }) => {
        if (!maySchedule(pod, name, state)) return false;
        state.add(pod, name);
        const isFine = unwell().every((trouble) => before.has(trouble));
        state.remove(pod, name);
        return isFine;
      });
    state.add(pod, to?.name ?? home.name);
    nodeOf.set(pod, to?.name ?? home.name);
    places.set(pod, to?.name ?? null);
  }
  return places;
}
