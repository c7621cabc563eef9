import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MISSED } from './missed-clusters.ts';

// node test/plan/karpenter/print.ts FOLDER: the clusters as files, for the peer to read.
const folder = process.argv[2]!;
mkdirSync(folder, { recursive: true });
for (const cluster of MISSED) writeFileSync(join(folder, `${cluster.name}.json`), JSON.stringify(cluster));
