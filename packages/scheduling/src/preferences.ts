import { type Preferences, UNPREFERRED_TAINT } from '@restow/model';
import { matchesAnyTerm } from './rules/node-affinity.ts';
import { isTolerated } from './rules/taints.ts';
import type { NodeView, PodView } from './views.ts';

/** What a taint that only prefers, or a spread that is not required, counts. */
export const FULL_WEIGHT = 100;

export const NO_PREFERENCES: Preferences = { nodes: [], podAffinity: [], podAntiAffinity: [], topologySpread: [] };

/**
 * The weight of what a pod prefers of its node and this one does not have: preferred node affinity, and taints that ask to
 * stay away; restow's own marks are not counted. Source: scheduler plugins NodeAffinity and TaintToleration, scoring.
 */
export function unmetOnNode({ spec }: Pick<PodView, 'spec'>, node: NodeView): number {
  let weight = 0;
  for (const { weight: own, term } of spec.preferences?.nodes ?? []) if (!matchesAnyTerm([term], node)) weight += own;
  for (const taint of node.taints) {
    if (taint.effect !== 'PreferNoSchedule' || taint.key === UNPREFERRED_TAINT) continue;
    if (!isTolerated(taint, spec.tolerations)) weight += FULL_WEIGHT;
  }
  return weight;
}
