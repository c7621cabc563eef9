import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const pathSchema = z.looseObject({
  input: z.string(),
  karpenter: z.string(),
  policy: z.string(),
  spotToSpot: z.boolean(),
  fresh: z.boolean().default(false),
  stopped: z.string(),
  pods: z.number(),
  nodesBefore: z.number(),
  costBefore: z.number(),
  costAfter: z.number(),
  evictions: z.number(),
  wallS: z.number(),
  peakRssMiB: z.number(),
  /** Seconds, evictions, USD an hour. */
  curve: z.array(z.tuple([z.number(), z.number(), z.number()])).min(1),
});

export type PeerRun = z.infer<typeof pathSchema>;

/** What Karpenter's own code reached on this cluster; see `benchmarks/peers/karpenter`. */
export function peerRuns(cluster: string): readonly PeerRun[] {
  const file = join(import.meta.dirname, '../peers/karpenter/results.jsonl');
  return readPeerRuns(file).filter(({ input }) => input === cluster);
}

/** One JSON line for each run, as `benchmarks/peers/karpenter` prints them. */
export function readPeerRuns(file: string): readonly PeerRun[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => pathSchema.parse(JSON.parse(line)));
}

/** As a method's name in the benchmark's lines. */
export function methodOf({ karpenter, policy, spotToSpot, fresh }: PeerRun): string {
  if (fresh) return `karpenter ${karpenter}, packing all anew`;
  return `karpenter ${karpenter} ${policy}${spotToSpot ? ', spot to spot' : ''}`;
}
