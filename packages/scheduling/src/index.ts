export { type Carrier, carriersBySubject, carriersOf, standings, troubles } from './carriers.ts';
export { ClusterState, type Place, type StateRule } from './cluster-state.ts';
export { matchesExpression, matchesSelector, parseLabelSelector } from './label-selector.ts';
export { type NodeFilter, spreadFilter } from './node-filter.ts';
export { type AttachLimits, attachLimitsOf, daemonPods, daemonsOn, viewOfNode } from './node-views.ts';
export { profileKey } from './pod-profile.ts';
export { affinityTerm, allTerms, isResolvable, type PodTerm, spreadTerm } from './pod-terms.ts';
export { type Kept, keepRefusal, keptOf } from './policy/keep.ts';
export { livable } from './policy/livable.ts';
export { belongsToNode, isPassing, stayReasons, unclearReasons } from './policy/movability.ts';
export { type NodeRole, nodeRole } from './policy/node-role.ts';
export { isInScope } from './policy/pod-scope.ts';
export { type Share, type SharedPlace, sharedPlaceOf, sharesOf } from './policy/shares.ts';
export { surgeable } from './policy/surgeable.ts';
export { FULL_WEIGHT, NO_PREFERENCES, unmetOnNode } from './preferences.ts';
export { matchesNodeAffinity } from './rules/node-affinity.ts';
export { findUntolerated } from './rules/taints.ts';
export { volumesByDriver } from './rules/volume-limits.ts';
export {
  maySchedule,
  NODE_RULES,
  type Refusal,
  refusals,
  refusalsInState,
  refusalsOfNode,
  STATE_RULES,
} from './rules.ts';
export { TermIndex } from './term-index.ts';
export { daemonPodView, type NodeRule, type NodeView, type PodView, type World, worldOf } from './views.ts';
