import type { Snapshot, SnapshotNode } from '@restow/model';
import { refusalsOfNode } from './rules.ts';
import { daemonPodView, type NodeView, type PodView, type World } from './views.ts';

/** Attach limits by node, and the smallest known for each driver, which a new node is assumed to have. */
export interface AttachLimits {
  readonly byNode: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly smallest: Readonly<Record<string, number>>;
}

export function attachLimitsOf(snapshot: Snapshot): AttachLimits {
  const byNode = new Map<string, Record<string, number>>();
  const smallest: Record<string, number> = {};
  for (const { node, drivers } of snapshot.csiNodes) {
    const limits: Record<string, number> = {};
    for (const { name, attachLimit } of drivers) {
      if (attachLimit === null) continue;
      limits[name] = attachLimit;
      smallest[name] = Math.min(smallest[name] ?? Number.POSITIVE_INFINITY, attachLimit);
    }
    byNode.set(node, limits);
  }
  return { byNode, smallest };
}

export function viewOfNode(node: SnapshotNode, limits: AttachLimits): NodeView {
  const { name, labels, taints, unschedulable, allocatable } = node;
  return { name, labels, taints, unschedulable, allocatable, attachLimits: limits.byNode.get(name) ?? {} };
}

/** What every DaemonSet asks of a node, from the sets themselves or, where those are missing, from their pods. */
export function daemonPods(snapshot: Snapshot): PodView[] {
  const sets = new Map<string, PodView>();
  for (const { kind, namespace, name, daemon } of snapshot.owners) {
    if (kind === 'DaemonSet' && daemon !== null)
      sets.set(`${namespace}/${name}`, daemonPodView(namespace, name, daemon));
  }
  for (const pod of snapshot.pods) {
    if (pod.owner?.kind !== 'DaemonSet') continue;
    const key = `${pod.namespace}/${pod.owner.name}`;
    if (sets.has(key)) continue;
    // The DaemonSet controller pins each pod to its node by a field selector, which says nothing of other nodes.
    const nodeAffinity = pod.spec.nodeAffinity
      ?.map((term) => ({ ...term, matchFields: [] }))
      .filter(({ matchExpressions }) => matchExpressions.length > 0);
    const spec = { ...pod.spec, nodeAffinity: nodeAffinity?.length ? nodeAffinity : null };
    sets.set(key, daemonPodView(pod.namespace, pod.owner.name, { requests: pod.requests, spec }));
  }
  return [...sets.values()];
}

/** The daemon pods that a node of this view would run. */
export function daemonsOn(view: NodeView, daemons: readonly PodView[], world: World): PodView[] {
  return daemons.filter((daemon) => refusalsOfNode(daemon, { ...view, unschedulable: false }, world).length === 0);
}
