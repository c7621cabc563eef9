export { exampleCluster } from './example-cluster.ts';
export { examplePrices } from './example-prices.ts';
