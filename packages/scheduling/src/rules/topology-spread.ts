import type { StateRule } from '../cluster-state.ts';
import { spreadFilter } from '../node-filter.ts';
import { spreadTerm } from '../pod-terms.ts';

/**
 * Hard topology spread (`DoNotSchedule`): matching pods in the node's domain, this one included, exceed the smallest
 * domain by at most maxSkew. Domains are those of the nodes that the constraint's policies admit; pods on others are not
 * counted. Source: scheduler plugin PodTopologySpread; KEP-895, KEP-3022 (minDomains), KEP-3094 (node policies).
 */
export const topologySpread: StateRule = {
  name: 'topology-spread',
  check(pod, place, state) {
    for (const constraint of pod.spec.topologySpread) {
      const { topologyKey, minDomains, maxSkew } = constraint;
      const domain = place.node.labels[topologyKey];
      if (domain === undefined) return `topology spread wants a node with label ${topologyKey}`;
      const term = spreadTerm(constraint, pod);
      const filter = spreadFilter(constraint, pod);
      const domains = state.domainsOf(topologyKey, filter);
      const count = state.countByDomain(term, topologyKey, filter);
      const tooFew = minDomains !== null && domains.size < minDomains;
      const smallest = tooFew ? 0 : count.smallestOf(domains.size);
      const skew = (count.byDomain.get(domain) ?? 0) + (term.matches(pod) ? 1 : 0) - smallest;
      if (skew > maxSkew) {
        return `topology spread over ${topologyKey} would have skew ${skew} in ${domain} (at most ${maxSkew})`;
      }
    }
    return null;
  },
};
