import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const pathSchema = z.looseObject({
  input: z.string(),
  karpenter: z.string(),
  policy: z.string(),
  spotToSpot: z.boolean(),
  fresh: z.boolean(),
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
  return readFileSync(join(import.meta.dirname, '../peers/karpenter/results.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => pathSchema.parse(JSON.parse(line)))
    .filter(({ input }) => input === cluster);
}

/** As a method's name in the benchmark's lines. */
export function methodOf({ karpenter, policy, spotToSpot, fresh }: PeerRun): string {
  if (fresh) return `karpenter ${karpenter}, packing all anew`;
  return `karpenter ${karpenter} ${policy}${spotToSpot ? ', spot to spot' : ''}`;
}
