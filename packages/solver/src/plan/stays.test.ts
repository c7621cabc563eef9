import { DEFAULT_POLICY } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { makePlan } from '../make-plan.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** What is held, by what it costs; nodes have four cores for 0.40 an hour, pods one core. */
function costs(pods: Readonly<Record<string, number>>, held: string): Record<string, number> {
  const allocatable = { cpu: 4_000, memory: 16 * 2 ** 30, pods: 20 };
  const snapshot = buildSnapshot({
    nodes: Object.keys(pods).map((name) => buildNode(name, { allocatable })),
    pods: Object.entries(pods).flatMap(([node, count]) =>
      Array.from({ length: count }, (_, k) =>
        buildPod(`${node}-${k}`, node, {
          requests: { cpu: 1_000 },
          doNotDisrupt: `${node}-${k}` === held ? 'karpenter.sh/do-not-disrupt=true' : null,
        }),
      ),
    ),
  });
  const book = buildPriceBook([
    { instanceType: 'standard-4', zone: 'zone-a', cores: 4, gib: 16, pods: 20, microsPerHour: 400_000 },
  ]);
  const policy = { ...DEFAULT_POLICY, movePrice: '0' };
  const plan = makePlan(
    { snapshot, book, policy, effort: 'quick', seed: 1 },
    { engines, now: () => 0, stop: () => null, onProgress: () => {} },
  );
  return Object.fromEntries(plan.stays.map(({ name, microsPerHour }) => [name, microsPerHour]));
}

test('a node that is held costs nothing when what comes to it is worth its price', () => {
  expect(costs({ held: 1, b: 3, c: 4, d: 4 }, 'held-0')).toEqual({ 'held-0': 0 });
});

test('a node that is held for one pod costs its price but for what that pod costs elsewhere', () => {
  expect(costs({ held: 1 }, 'held-0')).toEqual({ 'held-0': 300_000 });
});
