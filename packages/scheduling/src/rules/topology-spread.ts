import type { SpreadConstraint } from '@restow/model';
import type { ClusterState, StateRule } from '../cluster-state.ts';
import { type PodTerm, spreadTerm } from '../pod-terms.ts';
import type { NodeView, PodView } from '../views.ts';
import { matchesNodeAffinity } from './node-affinity.ts';
import { findUntolerated } from './taints.ts';

/**
 * Hard topology spread (`DoNotSchedule`): matching pods in the node's domain, this one included, exceed the smallest
 * domain by at most maxSkew. Domains are those of the nodes that the constraint's policies admit.
 * Source: scheduler plugin PodTopologySpread; KEP-895, KEP-3022 (minDomains), KEP-3094 (node policies).
 */
export const topologySpread: StateRule = {
  name: 'topology-spread',
  check(pod, place, state) {
    for (const constraint of pod.spec.topologySpread) {
      const domain = place.node.labels[constraint.topologyKey];
      if (domain === undefined) return `topology spread wants a node with label ${constraint.topologyKey}`;
      const { counts, smallest, matchesItself } = domainsOf(constraint, pod, state);
      const skew = (counts.get(domain) ?? 0) + (matchesItself ? 1 : 0) - smallest;
      if (skew > constraint.maxSkew) {
        return `topology spread over ${constraint.topologyKey} would have skew ${skew} in ${domain} (at most ${constraint.maxSkew})`;
      }
    }
    return null;
  },
};

interface Domains {
  readonly counts: ReadonlyMap<string, number>;
  readonly smallest: number;
  readonly matchesItself: boolean;
}

/** What was counted last in each state, because a pod is asked about on one node after the other. */
const LAST = new WeakMap<ClusterState, { pod: PodView; version: number; of: Map<SpreadConstraint, Domains> }>();

function domainsOf(constraint: SpreadConstraint, pod: PodView, state: ClusterState): Domains {
  let last = LAST.get(state);
  if (last?.pod !== pod || last.version !== state.version) {
    last = { pod, version: state.version, of: new Map() };
    LAST.set(state, last);
  }
  let domains = last.of.get(constraint);
  if (domains === undefined) {
    const term = spreadTerm(constraint, pod);
    const counts = countDomains(constraint, term, pod, state);
    const tooFew = counts.size === 0 || (constraint.minDomains !== null && counts.size < constraint.minDomains);
    domains = { counts, smallest: tooFew ? 0 : Math.min(...counts.values()), matchesItself: term.matches(pod) };
    last.of.set(constraint, domains);
  }
  return domains;
}

function countDomains(
  constraint: SpreadConstraint,
  term: PodTerm,
  pod: PodView,
  state: ClusterState,
): Map<string, number> {
  const keys = pod.spec.topologySpread.map(({ topologyKey }) => topologyKey);
  const counts = new Map<string, number>();
  const all = state.countByDomain(term, constraint.topologyKey);
  let admitsAll = true;
  for (const { node } of state.places()) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined) continue;
    if (keys.every((key) => node.labels[key] !== undefined) && admitsNode(constraint, pod, node)) {
      if (!counts.has(domain)) counts.set(domain, all.byDomain.get(domain) ?? 0);
    } else admitsAll = false;
  }
  if (admitsAll) return counts;
  // Pods on nodes that the constraint does not admit are not counted, so count again without them.
  for (const domain of counts.keys()) counts.set(domain, 0);
  for (const { node, pods } of state.places()) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined || !keys.every((key) => node.labels[key] !== undefined)) continue;
    if (!admitsNode(constraint, pod, node)) continue;
    let matching = 0;
    for (const other of pods) if (term.matches(other)) matching++;
    counts.set(domain, (counts.get(domain) ?? 0) + matching);
  }
  return counts;
}

/** Whether a node's domain takes part in a constraint of this pod. */
export function admitsNode(constraint: SpreadConstraint, pod: PodView, node: NodeView): boolean {
  if (constraint.honourNodeAffinity && !matchesNodeAffinity(pod.spec, node)) return false;
  return !constraint.honourNodeTaints || findUntolerated(node.taints, pod.spec.tolerations) === null;
}
