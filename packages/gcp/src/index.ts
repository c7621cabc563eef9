export { GcpClients } from './clients.ts';
export { examineGcp } from './doctor.ts';
export { gcpPrices } from './gcp-prices.ts';
export { ManagedInstanceGroups, type ManagedInstanceGroupsOptions } from './groups/managed-instance-groups.ts';
export { PreemptedOperations, type PreemptedOperationsOptions } from './notices/preempted-operations.ts';
