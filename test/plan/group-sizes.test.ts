import { DEFAULT_POLICY, type Plan, type Policy, type SnapshotNode, type SnapshotPod } from '@restow/model';
import { type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot, generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const BOOK = buildPriceBook([
  { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 200_000 },
  { instanceType: 'standard-8', cores: 8, gib: 32, microsPerHour: 390_000 },
  { instanceType: 'standard-16', cores: 16, gib: 64, microsPerHour: 1_000_000 },
]);

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const context = () => ({ engines, now: () => 0, stop: () => null, onProgress: () => {} });

/** So many nodes of one pool, with one core asked for on each. */
function planOf(nodes: number, groups: Policy['groups']): Plan {
  const names = Array.from({ length: nodes }, (_, k) => `node-${k}`);
  const pods = names.map((name, k) => buildPod(`pod-${k}`, name, { requests: { cpu: 1000 } }));
  return planFor(
    names.map((name) => buildNode(name)),
    pods,
    groups,
  );
}

function planFor(nodes: SnapshotNode[], pods: SnapshotPod[], groups: Policy['groups']): Plan {
  const snapshot = buildSnapshot({
    nodes,
    pods,
    nodePools: [
      {
        name: 'pool',
        weight: 0,
        labels: {},
        taints: [],
        startupTaints: [],
        requirements: [],
        limits: {},
        closed: false,
      },
    ],
  });
  const policy = { ...DEFAULT_POLICY, movePrice: '0', groups };
  return makePlan({ snapshot, book: BOOK, policy, effort: 'normal', seed: 1 }, context());
}

const least = (leastNodes: number) => [{ name: 'pool', leastNodes, mostNodes: null }];

test('a group keeps as many nodes as it must have, and what that costs is said', () => {
  expect(planOf(4, []).target.nodes).toHaveLength(1);
  const plan = planOf(4, least(3));
  expect(plan.target.nodes.map(({ name }) => name)).toHaveLength(3);
  expect(plan.summary.microsPerHour.bound).toBe(600_000);
  const kept = plan.stays.filter(({ kind }) => kind === 'Node');
  expect(kept.map(({ reasons }) => reasons)).toEqual(
    Array.from({ length: 3 }, () => ['its group pool has no fewer than 3 nodes (policy groups)']),
  );
  expect(kept.some(({ microsPerHour }) => microsPerHour > 0)).toBe(true);
});

test('where there are fewer already, none goes and none has to come', () => {
  const plan = planOf(2, least(5));
  expect(plan.steps).toEqual([]);
});

test('a group is given no more nodes than it may have', () => {
  const allocatable = { cpu: 16_000, memory: 64 * 2 ** 30, pods: 20 };
  const large = buildNode('large', { instanceType: 'standard-16', allocatable });
  const pods = [0, 1, 2].map((k) => buildPod(`pod-${k}`, 'large', { requests: { cpu: 3_000 } }));
  const planned = (mostNodes: number | null) =>
    planFor([large], pods, [{ name: 'pool', leastNodes: 0, mostNodes }]).summary;
  expect(planned(null).nodes.launched).toBe(2);
  expect(planned(2).nodes.launched).toBe(2);
  expect(planned(1).nodes.launched).toBe(0);
  // Nothing else holds all three pods, and the bound knows that there is but one node.
  expect(planned(1).microsPerHour.bound).toBe(1_000_000);
});

test('in generated clusters groups have no fewer nodes than they must, and bounds know of no choice', () => {
  const poolOf = ({ target }: Plan) => target.nodes.filter(({ group }) => group === 'pool').length;
  let held = 0;
  for (let seed = 0; seed < (process.env.RESTOW_SOAK === '1' ? 2_000 : 60); seed++) {
    const { snapshot, book, policy } = generateCluster(seed);
    const size = 1 + (seed % 4);
    const request = { snapshot, book, effort: 'quick' as const, seed: 1 };
    const plan = makePlan({ ...request, policy: { ...policy, groups: least(size) } }, context());
    const free = makePlan({ ...request, policy }, context());
    const inPool = poolOf(plan);
    const before = snapshot.nodes.filter(({ group }) => group === 'pool').length;
    expect(inPool, `seed ${seed}`).toBeGreaterThanOrEqual(Math.min(size, before));
    const { after, bound } = plan.summary.microsPerHour;
    expect(bound, `seed ${seed}`).toBeLessThanOrEqual(after);
    // With other nodes kept, or none that need be, it costs no less either.
    if (poolOf(free) >= Math.min(size, before))
      expect(bound, `seed ${seed}`).toBeLessThanOrEqual(free.summary.microsPerHour.after);
    if (after > free.summary.microsPerHour.after) held++;
  }
  expect(held).toBeGreaterThan(5);
});
