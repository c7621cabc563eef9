import type { StateRule } from '../cluster-state.ts';
import { affinityTerm, allTerms } from '../pod-terms.ts';

/**
 * Required pod affinity: in every term's domain runs a pod that matches all terms; the first of a group that matches
 * itself may go anywhere. Source: scheduler plugin InterPodAffinity, satisfyPodAffinity.
 */
export const podAffinity: StateRule = {
  name: 'pod-affinity',
  check(pod, place, state) {
    const terms = pod.spec.podAffinity;
    if (terms.length === 0) return null;
    const group = allTerms(terms.map((term) => affinityTerm(term, pod, state.world)));
    let matchesSomewhere = false;
    let missing: string | null = null;
    for (const { topologyKey } of terms) {
      const domain = place.node.labels[topologyKey];
      if (domain === undefined) return `pod affinity wants a node with label ${topologyKey}`;
      const count = state.countByDomain(group, topologyKey);
      if (count.total > 0) matchesSomewhere = true;
      if ((count.byDomain.get(domain) ?? 0) <= 0) missing ??= `${topologyKey}=${domain}`;
    }
    if (missing === null || (!matchesSomewhere && group.matches(pod))) return null;
    return `pod affinity wants a matching pod in ${missing}`;
  },
};
