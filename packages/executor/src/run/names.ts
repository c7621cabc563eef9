import type { PodReference, SnapshotPod } from '@restow/model';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { indexOf } from './plan-index.ts';
import type { LaunchedNode, RunState } from './run-state.ts';

/** What a pod of the plan is now, after what has been moved already; null when its owner wanted it no more. */
export function livePodOf(state: RunState, planned: PodReference): PodReference | null {
  let now: PodReference = planned;
  for (;;) {
    const next = state.successors.get(now.uid);
    if (next === undefined) return now;
    if (next === null) return null;
    now = next;
  }
}

/** What the current plan has launched under this name. */
export function launchedAs(state: RunState, name: string): LaunchedNode | undefined {
  const token = state.ordered.get(name);
  return token === undefined ? undefined : state.launched.get(token);
}

/** The node that the plan calls so; null while it has not joined, uid '' when the plan knows none. */
export function liveNodeOf(state: RunState, name: string): NodeIdentity | null {
  const own = launchedAs(state, name);
  if (own !== undefined) return own.node;
  const { toCome, nodeUids } = indexOf(state.current);
  return toCome.has(name) ? null : { name, uid: nodeUids.get(name) ?? '' };
}

/** Names of the nodes that the current plan removes or gives up, and that are still there, as the cluster calls them. */
export function leavingNodes(state: RunState): Set<string> {
  const names = new Set(state.current.evacuation?.nodes.map(({ name }) => name));
  for (const { step, state: at } of state.steps.values()) {
    if (step.kind !== 'remove' || at === 'done') continue;
    const node = liveNodeOf(state, step.node!);
    if (node !== null) names.add(node.name);
  }
  return names;
}

/** Whether a pod has the same controlling owner as another, or as one that is gone. */
export function isOfOwner(
  other: SnapshotPod,
  pod: { readonly namespace: string; readonly owner: SnapshotPod['owner'] },
): boolean {
  return other.namespace === pod.namespace && other.owner !== null && other.owner.uid === pod.owner?.uid;
}
