export { buildNode, buildPod, buildPriceBook, buildSnapshot, type MachinePrice } from './builders.ts';
export { plainCluster } from './plain-cluster.ts';
export { generateCluster, type RandomCluster } from './random-cluster.ts';
