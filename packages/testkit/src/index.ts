export { buildPlan } from './build-plan.ts';
export { buildNode, buildPod, buildPriceBook, buildSnapshot, type MachinePrice } from './builders.ts';
export { type ClusterHarness, clusterContract } from './contracts/cluster-contract.ts';
export { type JournalPlace, journalContract } from './contracts/journal-contract.ts';
export { plainCluster } from './plain-cluster.ts';
export { generateCluster, type RandomCluster } from './random-cluster.ts';
