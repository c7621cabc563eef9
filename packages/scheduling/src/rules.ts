import type { ClusterState, StateRule } from './cluster-state.ts';
import { hostPorts } from './rules/host-ports.ts';
import { nodeAffinity } from './rules/node-affinity.ts';
import { nodeUnschedulable } from './rules/node-unschedulable.ts';
import { podAffinity } from './rules/pod-affinity.ts';
import { podAntiAffinity } from './rules/pod-anti-affinity.ts';
import { resourcesFit } from './rules/resources-fit.ts';
import { taints } from './rules/taints.ts';
import { topologySpread } from './rules/topology-spread.ts';
import { volumeLimits } from './rules/volume-limits.ts';
import { volumeTopology } from './rules/volume-topology.ts';
import type { NodeRule, NodeView, PodView, World } from './views.ts';

/** Why a pod may not run on a node: the rule's name and a sentence. */
export interface Refusal {
  readonly rule: string;
  readonly reason: string;
}

/** Rules over one pod and one node. To add one: a file under rules/, a line here. */
export const NODE_RULES: readonly NodeRule[] = [nodeUnschedulable, taints, nodeAffinity, volumeTopology];

/** Rules about other pods, wherever they run: what others do can break them. */
export const COUPLING_RULES: readonly StateRule[] = [podAntiAffinity, podAffinity, topologySpread];

/** Rules over everything that runs. */
export const STATE_RULES: readonly StateRule[] = [resourcesFit, hostPorts, volumeLimits, ...COUPLING_RULES];

/** Every reason why this node, whatever else runs, is not for this pod; empty when there is none. */
export function refusalsOfNode(pod: PodView, node: NodeView, world: World): Refusal[] {
  const refusals: Refusal[] = [];
  for (const rule of NODE_RULES) {
    const reason = rule.check(pod, node, world);
    if (reason !== null) refusals.push({ rule: rule.name, reason });
  }
  return refusals;
}

/** Every reason why the pod, not counted in the state, may not come to the node now. */
export function refusalsInState(pod: PodView, nodeName: string, state: ClusterState): Refusal[] {
  const place = state.place(nodeName);
  const refusals: Refusal[] = [];
  for (const rule of STATE_RULES) {
    const reason = rule.check(pod, place, state);
    if (reason !== null) refusals.push({ rule: rule.name, reason });
  }
  return refusals;
}

/** Both kinds of rule: what the scheduler would say if the pod came now. */
export function refusals(pod: PodView, nodeName: string, state: ClusterState): Refusal[] {
  return [...refusalsOfNode(pod, state.place(nodeName).node, state.world), ...refusalsInState(pod, nodeName, state)];
}

/** Whether there is no refusal at all: answers at the first one, where `refusals` names them all. */
export function maySchedule(pod: PodView, nodeName: string, state: ClusterState): boolean {
  const place = state.place(nodeName);
  return (
    NODE_RULES.every((rule) => rule.check(pod, place.node, state.world) === null) &&
    STATE_RULES.every((rule) => rule.check(pod, place, state) === null)
  );
}
