import { compareText, type Plan, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import { attachLimitsOf, ClusterState, keepRefusal, keptOf, refusals, viewOfNode, worldOf } from '@restow/scheduling';

/** What a group of nodes says to a pod, in the cluster as the plan leaves it. */
export interface NodeVerdict {
  /** Empty: the pod would be allowed there. */
  readonly reasons: readonly string[];
  readonly nodes: readonly string[];
}

/**
 * Asks every node that exists and is kept whether the pod could run there instead, when all others are where the plan
 * puts them. Nodes with the same answer are put together, the most frequent answer first.
 */
export function verdictsOfOtherNodes(snapshot: Snapshot, plan: Plan, policy: Policy, pod: SnapshotPod): NodeVerdict[] {
  const limits = attachLimitsOf(snapshot);
  const kept = new Set(plan.target.nodes.filter(({ existing }) => existing).map(({ name }) => name));
  const nodes = snapshot.nodes.filter(({ name }) => kept.has(name));
  const state = new ClusterState(
    worldOf(snapshot),
    nodes.map((node) => viewOfNode(node, limits)),
  );
  const places = new Map(plan.target.placements.map(({ namespace, name, node }) => [`${namespace}/${name}`, node]));
  for (const other of snapshot.pods) {
    const node = places.get(`${other.namespace}/${other.name}`) ?? other.node;
    if (other !== pod && node !== null && kept.has(node)) state.add(other, node);
  }
  const home = snapshot.nodes.find(({ name }) => name === pod.node);
  const here = places.get(`${pod.namespace}/${pod.name}`);
  const verdicts = new Map<string, { reasons: string[]; nodes: string[] }>();
  for (const node of nodes) {
    if (node.name === here) continue;
    const reasons = refusals(pod, node.name, state).map(({ rule, reason }) => `${rule}: ${reason}`);
    const refusal = home === undefined ? null : keepRefusal(keptOf(pod, home, policy), node);
    if (refusal !== null) reasons.push(refusal);
    const key = reasons.map((reason) => reason.replace(/\d+(m|Mi)?\b/g, '#')).join('; ');
    const verdict = verdicts.get(key);
    if (verdict === undefined) verdicts.set(key, { reasons, nodes: [node.name] });
    else verdict.nodes.push(node.name);
  }
  return [...verdicts.values()].sort(
    (a, b) => b.nodes.length - a.nodes.length || compareText(a.nodes[0]!, b.nodes[0]!),
  );
}
