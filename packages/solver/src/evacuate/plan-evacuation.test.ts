import { DEFAULT_POLICY, digestOf, type Plan, type Policy, snapshotDigest } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { planEvacuation } from './plan-evacuation.ts';

const NOW = Date.UTC(2026, 0, 5);
const GIB = 2 ** 30;
const roomy = (name: string, labels: Record<string, string> = {}) =>
  buildNode(name, { labels, allocatable: { cpu: 4_000, memory: 16 * GIB, pods: 20 } });
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'db' };
const JOB = { apiVersion: 'batch/v1', kind: 'Job', name: 'work', uid: 'work' };

/** Nothing can be launched. */
const plan = (policy: Policy, nodes = ['a'], withinMs = 120_000): Promise<Plan> => {
  const snapshot = buildSnapshot({
    nodes: [roomy('a', { pool: 'one' }), roomy('b', { pool: 'one' }), roomy('c', { pool: 'two' })],
    pods: [
      buildPod('web-1', 'a', { requests: { cpu: 500, memory: GIB } }),
      buildPod('web-2', 'b', { requests: { cpu: 500, memory: GIB } }),
      buildPod('db-0', 'a', { owner: SET, requests: { cpu: 1_000, memory: 4 * GIB } }),
      buildPod('work-1', 'a', { owner: JOB, requests: { cpu: 500, memory: GIB } }),
      buildPod('bare', 'a', { owner: null }),
      buildPod('kept', 'a', { doNotDisrupt: 'karpenter.sh/do-not-disrupt=true', localVolumes: ['cache'] }),
    ],
  });
  const request = {
    snapshot,
    book: buildPriceBook([]),
    policy,
    now: NOW,
    nodes: nodes.map((name) => ({ name, deadline: NOW + withinMs, remove: true })),
  };
  return planEvacuation(request, () => Promise.reject(new Error('there is room for all')));
};
const wayOf = ({ evacuation }: Plan, pod: string) => evacuation!.pods.find(({ name }) => name === pod)!;

test('what a rebalancing would leave alone goes too, a bare pod stays and says so, and its node is not given back', async () => {
  const made = await plan(DEFAULT_POLICY);
  expect(wayOf(made, 'kept').method).toBe('evict');
  expect(wayOf(made, 'work-1').method).toBe('evict');
  expect(wayOf(made, 'bare')).toMatchObject({ method: 'stay', reasons: [expect.stringMatching(/bare pod/)] });
  expect(made.steps.map(({ kind }) => kind)).toEqual(['cordon', 'move', 'move', 'move', 'move']);
  // What is worth most is first.
  expect(made.evacuation!.pods[0]!.name).toBe('db-0');
});

test('what the policy never touches is neither left nor gone to, and what it values is what is at stake', async () => {
  const never = (nodes: string[], pods: string[] = []): Policy => ({ ...DEFAULT_POLICY, neverTouch: { nodes, pods } });
  await expect(plan(never(['pool=one']))).rejects.toThrow(/never touches node a/);
  const there = await plan(never(['pool=two'], ['app=app']));
  expect(there.target.placements).toEqual([]);
  const scoped = await plan({ ...DEFAULT_POLICY, nodes: 'pool=one' });
  expect(new Set(scoped.target.placements.map(({ node }) => node))).toEqual(new Set(['b']));
  const values = [{ pods: 'app=app', namespaces: ['default'], interruption: '12.5', perSecondAway: null }];
  const valued = await plan({ ...DEFAULT_POLICY, evacuation: { ...DEFAULT_POLICY.evacuation, values } });
  expect(new Set(valued.evacuation!.pods.map(({ interruptionMicros }) => interruptionMicros))).toEqual(
    new Set([12_500_000]),
  );
});

test('nodes that are not there are refused', async () => {
  await expect(plan(DEFAULT_POLICY, ['nobody'])).rejects.toThrow(/there is no node nobody/);
});

test('where memory is measured, the plan still names the prices and the cluster that it was asked about', async () => {
  const pod = buildPod('web-1', 'a', { requests: { cpu: 500, memory: GIB } });
  const podUsage = [{ namespace: 'default', name: 'web-1', memoryBytes: GIB }];
  const snapshot = buildSnapshot({ nodes: [roomy('a'), roomy('b')], pods: [pod], podUsage });
  const machine = { instanceType: 'm', cores: 4, gib: 16, pods: 20, microsPerHour: 100_000 };
  const book = buildPriceBook([machine]);
  const nodes = [{ name: 'a', deadline: NOW + 120_000, remove: false }];
  const made = await planEvacuation({ snapshot, book, policy: DEFAULT_POLICY, now: NOW, nodes }, () =>
    Promise.reject(new Error('there is room for all')),
  );
  expect(made.target.placements.length).toBe(1);
  expect(made.metadata.priceBookDigest).toBe(digestOf(book));
  expect(made.metadata.snapshotDigest).toBe(snapshotDigest(snapshot));
});
