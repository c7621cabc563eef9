import { copyFileSync, writeFileSync } from 'node:fs';
import { karpenterPrices } from '@restow/testkit';
import { startKarpenterCluster } from './karpenter-cluster.ts';

const [part, a, b, cores] = process.argv.slice(2).map(Number) as [number, number, number, number];
const cluster = await startKarpenterCluster({ part, scale: [a, b], mostCores: cores });
copyFileSync(cluster.controlPlane.kubeconfig, '/tmp/bed/kubeconfig');
writeFileSync('/tmp/bed/prices.csv', karpenterPrices());
writeFileSync('/tmp/bed/ready', cluster.controlPlane.folder);
console.log('ready', cluster.controlPlane.folder);
setInterval(() => {}, 1e6);
