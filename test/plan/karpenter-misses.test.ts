import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_POLICY, UNCONSTRAINED } from '@restow/model';
import { loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { MISSED, type MissedCluster } from './karpenter/missed-clusters.ts';

/** What Karpenter's own code reached; see `benchmarks/peers/karpenter`. */
const answers = readFileSync(join(import.meta.dirname, 'karpenter/answers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) =>
    z.looseObject({ input: z.string(), costAfter: z.number(), feasible: z.literal(true) }).parse(JSON.parse(line)),
  );

/** USD an hour that the cluster can be brought to. */
const REACHED: Readonly<Record<string, number>> = {
  'three-into-two': 3.2,
  'one-into-two': 0.45,
  'not-a-prefix': 1.8,
  swap: 1.6,
  'one-pod-blocks': 1.6,
};

function planOf({ nodes, pods, catalogue }: MissedCluster, engines: Awaited<ReturnType<typeof loadEngines>>) {
  const capacity = new Map(catalogue.map((offer) => [offer.instanceType, offer]));
  const home = new Map(nodes.flatMap((node) => node.pods.map((pod) => [pod, node.name])));
  const snapshot = buildSnapshot({
    nodes: nodes.map(({ name, instanceType, zone, capacityType }) => {
      const { cpu, mem, pods: most } = capacity.get(instanceType)!;
      const allocatable = { cpu, memory: mem * 2 ** 20, pods: most };
      return buildNode(name, { instanceType, zone, capacityType, allocatable });
    }),
    pods: pods.map(({ name, owner, cpu_milli, mem_mib, nodeSelector, doNotDisrupt }) =>
      buildPod(name, home.get(name)!, {
        owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner },
        requests: { cpu: cpu_milli, memory: mem_mib * 2 ** 20 },
        doNotDisrupt: doNotDisrupt === true ? 'karpenter.sh/do-not-disrupt' : null,
        ...(nodeSelector === undefined ? {} : { spec: { ...UNCONSTRAINED, nodeSelector } }),
      }),
    ),
  });
  const book = buildPriceBook(
    catalogue.map(({ instanceType, zone, cpu, mem, pods: most, price }) => ({
      ...{ instanceType, zone, cores: cpu / 1000, gib: mem / 1024, pods: most },
      microsPerHour: Math.round(price * 1e6),
    })),
  );
  const policy = { ...DEFAULT_POLICY, movePrice: '0' };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ snapshot, book, policy, effort: 'quick', seed: 1 }, context);
}

test.each(MISSED.map((cluster) => [cluster.name, cluster] as const))('%s', async (name, cluster) => {
  const karpenter = answers.find(({ input }) => input === name)!;
  const { summary } = planOf(cluster, await loadEngines());
  expect(summary.microsPerHour.after / 1e6).toBeCloseTo(REACHED[name]!, 6);
  expect(karpenter.costAfter).toBeGreaterThan(REACHED[name]! + 1e-6);
});
