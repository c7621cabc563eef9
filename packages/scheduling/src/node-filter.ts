import { canonicalJson, type SpreadConstraint } from '@restow/model';
import { matchesNodeAffinity } from './rules/node-affinity.ts';
import { findUntolerated } from './rules/taints.ts';
import type { NodeView, PodView } from './views.ts';

/** Which nodes are looked at. Equal keys admit the same nodes. */
export interface NodeFilter {
  readonly key: string;
  admits(node: NodeView): boolean;
}

type Spec = PodView['spec'];

const SPREAD_FILTERS = new WeakMap<Spec, Map<SpreadConstraint, NodeFilter | null>>();

/**
 * The nodes whose domains take part in a spread constraint of a pod: they have every key that the pod spreads over, and
 * are such as the constraint's node policies ask; null: every node that has the constraint's own key.
 * Source: KEP-3094; scheduler plugin PodTopologySpread.
 */
export function spreadFilter(constraint: SpreadConstraint, { spec }: Pick<PodView, 'spec'>): NodeFilter | null {
  let filters = SPREAD_FILTERS.get(spec);
  if (filters === undefined) {
    filters = new Map();
    SPREAD_FILTERS.set(spec, filters);
  }
  let filter = filters.get(constraint);
  if (filter === undefined) {
    filter = filterOf(constraint, spec);
    filters.set(constraint, filter);
  }
  return filter;
}

function filterOf({ topologyKey, honourNodeAffinity, honourNodeTaints }: SpreadConstraint, spec: Spec) {
  const { nodeSelector, nodeAffinity, tolerations } = spec;
  const keys = spec.topologySpread.map((constraint) => constraint.topologyKey);
  const isChoosy = honourNodeAffinity && (nodeAffinity !== null || Object.keys(nodeSelector).length > 0);
  if (!isChoosy && !honourNodeTaints && keys.every((key) => key === topologyKey)) return null;
  return {
    key: canonicalJson([keys, isChoosy ? [nodeSelector, nodeAffinity] : null, honourNodeTaints ? tolerations : null]),
    admits: (node: NodeView) =>
      keys.every((key) => node.labels[key] !== undefined) &&
      (!isChoosy || matchesNodeAffinity(spec, node)) &&
      (!honourNodeTaints || findUntolerated(node.taints, tolerations) === null),
  };
}
