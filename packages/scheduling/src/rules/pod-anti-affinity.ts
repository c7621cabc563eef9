import type { StateRule } from '../cluster-state.ts';
import { affinityTerm } from '../pod-terms.ts';

/**
 * Required anti-affinity in both directions: the pod's own terms, and those of the pods that run.
 * Source: scheduler plugin InterPodAffinity, satisfyPodAntiAffinity and satisfyExistingPodsAntiAffinity.
 */
export const podAntiAffinity: StateRule = {
  name: 'pod-anti-affinity',
  check(pod, place, state) {
    const { labels } = place.node;
    for (const antiTerm of pod.spec.podAntiAffinity) {
      const domain = labels[antiTerm.topologyKey];
      if (domain === undefined) continue;
      const count = state.countByDomain(affinityTerm(antiTerm, pod, state.world), antiTerm.topologyKey);
      if ((count.byDomain.get(domain) ?? 0) > 0) {
        return `pod anti-affinity: a matching pod runs in ${antiTerm.topologyKey}=${domain}`;
      }
    }
    for (const { topologyKey, byDomain } of state.repulsionsOf(pod)) {
      const domain = labels[topologyKey];
      if (domain !== undefined && (byDomain.get(domain) ?? 0) > 0) {
        return `a pod in ${topologyKey}=${domain} has anti-affinity to this one`;
      }
    }
    return null;
  },
};
