export { type ClusterChoice, KubeConnection, type KubeRequest, type KubeResponse } from './connection.ts';
export { KubeApiError, LeaseLostError } from './errors.ts';
export { ClusterLease, type LeaseClock, type LeaseOutcome, type LeaseRequest } from './lease/cluster-lease.ts';
export { pauseRuns, resumeRuns, whyPaused } from './lease/pause.ts';
export {
  approve,
  approvedBy,
  type ListedProposal,
  listProposals,
  type ProposalSummary,
  propose,
  takeBack,
} from './lease/proposals.ts';
export { type ListOptions, type ListPage, type ListPageText, listPages, listPageTexts } from './list-pages.ts';
export { ClusterApiNodes } from './nodes/cluster-api.ts';
export { KarpenterNodes } from './nodes/karpenter.ts';
export { MachineGroupNodes } from './nodes/machine-group-nodes.ts';
export { NodeManagers } from './nodes/node-managers.ts';
export type { OwnerAdapter } from './nodes/owner-adapter.ts';
export { sleepMs } from './sleep.ts';
export { CONFLICT, FORBIDDEN, NOT_FOUND } from './status.ts';
export { Collection, type CollectionOptions } from './watch/collection.ts';
export { EvictionMover } from './write/eviction-mover.ts';
export { KubeApi, type KubeApiOptions, type KubeObject, type WriteAnswer } from './write/kube-api.ts';
export { MoverByMethod } from './write/mover-by-method.ts';
export { KubeNodeMarker } from './write/node-marker.ts';
export { refusedBecause } from './write/refusal.ts';
export { SurgeMover } from './write/surge/surge-mover.ts';
