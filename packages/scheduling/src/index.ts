export { ClusterState, type Place, type StateRule } from './cluster-state.ts';
export { matchesExpression, matchesSelector } from './label-selector.ts';
export { affinityTerm, allTerms, isResolvable, type PodTerm, spreadTerm } from './pod-terms.ts';
export { matchesNodeAffinity } from './rules/node-affinity.ts';
export { findUntolerated } from './rules/taints.ts';
export { admitsNode } from './rules/topology-spread.ts';
export { volumesByDriver } from './rules/volume-limits.ts';
export { NODE_RULES, type Refusal, refusals, refusalsInState, refusalsOfNode, STATE_RULES } from './rules.ts';
export { daemonPodView, type NodeRule, type NodeView, type PodView, type World, worldOf } from './views.ts';
