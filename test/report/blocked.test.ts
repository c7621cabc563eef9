import { entryOfPlan } from '@restow/controller';
import { DEFAULT_POLICY } from '@restow/model';
import { allocate, type Body, blockersIn, factsOf, idleTable } from '@restow/report';
import { loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';

const HOUR_MS = 3_600_000;
const PRICE = 400_000;

test('what a plan cannot save because of a pod is idle because of that pod, and the report names it', async () => {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'sts' };
  const snapshot = buildSnapshot({
    nodes: [buildNode('held'), buildNode('full')],
    pods: [
      buildPod('db-0', 'held', { owner, doNotDisrupt: 'it is annotated karpenter.sh/do-not-disrupt=true' }),
      buildPod('web', 'full', { requests: { cpu: 3_800, memory: 12 * 2 ** 30 } }),
    ],
  });
  const book = buildPriceBook([{ instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: PRICE }]);
  const context = { engines: await loadEngines(), now: () => 0, stop: () => null, onProgress: () => {} };
  const plan = makePlan({ snapshot, book, policy: DEFAULT_POLICY, effort: 'quick', seed: 1 }, context);
  const planned = entryOfPlan(plan, snapshot, { run: 'r', schedule: 'nightly' });
  expect(planned.blockers).toMatchObject([
    { namespace: 'default', pod: 'db-0', node: 'held', controller: 'StatefulSet/db' },
  ]);
  const { microsPerHour } = planned.blockers[0]!;
  expect(microsPerHour).toBe((PRICE * 7) / 8);

  const { nodes, pods } = factsOf(snapshot, () => ({ microsPerHour: PRICE, listMicrosPerHour: PRICE }));
  const span = { from: 0, until: HOUR_MS };
  const bodies: Body[] = [
    planned,
    ...nodes.map((node) => ({ kind: 'node' as const, ...span, ...node })),
    ...pods.map((pod) => ({ kind: 'pod' as const, ...span, ...pod })),
  ];
  const period = { from: 0, to: HOUR_MS };
  const { columns, rows } = idleTable(allocate(bodies, period), blockersIn(bodies, period));
  const cell = (row: number, name: string) => rows[row]![columns.findIndex((column) => column.name === name)];
  expect(cell(0, 'node')).toBe('held');
  // In millionths of what is idle, rounded.
  expect(Math.abs((cell(0, 'blocked') as number) - microsPerHour)).toBeLessThanOrEqual(1);
  expect(cell(0, 'blockedPerMonth')).toBe(microsPerHour * 730);
  expect(cell(0, 'blockedBy')).toMatch(/^pod default\/db-0: .*do-not-disrupt/);
  expect(cell(1, 'blocked')).toBe(0);
  expect(cell(1, 'blockedBy')).toBeNull();
});
