import { DEFAULT_POLICY, type Plan, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import { checkPlan, type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { buildDeployment, buildNode, buildPod, buildPriceBook, buildSnapshot, generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const CLUSTERS = process.env.RESTOW_SOAK === '1' ? 2_000 : 80;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

type Shares = Policy['pods']['shares'];
const share = (of: 'spot' | 'zone', part: number): Shares[number] => ({ pods: '', namespaces: [], of, part });
const policyWith = (policy: Policy, shares: Shares): Policy => ({
  ...policy,
  movePrice: '0',
  pods: { ...policy.pods, capacityTypes: ['spot', 'on-demand'], shares },
});
function plan(cluster: { snapshot: Snapshot; book: Parameters<typeof makePlan>[0]['book'] }, policy: Policy): Plan {
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ ...cluster, policy, effort: 'quick', seed: 1 }, context);
}

/** After each step of a plan, where all pods of each Deployment are: on spot, or in which zone. Shares nothing with the solver. */
function* placesOf({ steps, target }: Plan, { nodes, pods, owners }: Snapshot) {
  const facts = new Map(
    [...nodes, ...target.nodes, ...target.spares].map(({ name, capacityType, zone }) => [name, { capacityType, zone }]),
  );
  const parents = new Map(owners.map(({ uid, owner }) => [uid, owner?.uid]));
  const where = new Map<SnapshotPod, string>(pods.map((pod) => [pod, pod.node!]));
  for (const step of [null, ...steps.filter(({ kind }) => kind === 'move')]) {
    const moved = pods.find(({ namespace, name }) => namespace === step?.pod?.namespace && name === step.pod.name);
    if (moved !== undefined) where.set(moved, step!.node!);
    const counts = new Map<string, number>();
    const all = new Map<string, number>();
    for (const [{ owner }, node] of where) {
      if (owner === null) continue;
      const group = parents.get(owner.uid) ?? owner.uid;
      const { capacityType, zone } = facts.get(node)!;
      all.set(group, (all.get(group) ?? 0) + 1);
      for (const place of [capacityType === 'spot' ? 'spot' : null, zone]) {
        if (place !== null) counts.set(`${group} ${place}`, (counts.get(`${group} ${place}`) ?? 0) + 1);
      }
    }
    yield { counts, all };
  }
}

const SET = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'rs-app' };
const machine = { instanceType: 'standard-4', cores: 4, gib: 16, pods: 20 };
const cluster = {
  snapshot: buildSnapshot({
    nodes: [0, 1, 2, 3].map((index) => buildNode(`node-${index}`, { zone: index < 2 ? 'zone-a' : 'zone-b' })),
    pods: [0, 1, 2, 3, 4, 5, 6, 7].map((index) =>
      buildPod(`app-${index}`, `node-${index % 4}`, { owner: SET, requests: { cpu: 1000, memory: 2 ** 30 } }),
    ),
    owners: buildDeployment(SET, 8),
  }),
  book: buildPriceBook([
    { ...machine, microsPerHour: 200_000 },
    { ...machine, microsPerHour: 60_000, capacityType: 'spot' },
  ]),
};

test('of an owner’s pods no more than the wanted part goes to spot, and no less than pays', () => {
  const onSpot = (shares: Shares) => {
    const states = [...placesOf(plan(cluster, policyWith(DEFAULT_POLICY, shares)), cluster.snapshot)];
    return states.at(-1)!.counts.get('deployment-rs-app spot') ?? 0;
  };
  expect(onSpot([])).toBe(8);
  expect(onSpot([share('spot', 0.5)])).toBe(4);
  expect(onSpot([share('spot', 0.6)])).toBe(4);
  expect(onSpot([share('spot', 0)])).toBe(0);
  // The first entry that selects a pod counts.
  expect(onSpot([{ ...share('spot', 1), pods: 'app=app' }, share('spot', 0)])).toBe(8);
  expect(onSpot([{ ...share('spot', 0), namespaces: ['other'] }])).toBe(8);
});

test('a plan that would move more is refused by the checker', () => {
  const { nodes, pods } = cluster.snapshot;
  const snapshot = { ...cluster.snapshot, nodes: [...nodes, buildNode('spot-0', { capacityType: 'spot' })] };
  const moves = pods.slice(0, 3).map((pod) => ({ pod, from: pod.node!, to: 'spot-0' }));
  const wrong = (part: number) =>
    checkPlan({
      snapshot,
      policy: policyWith(DEFAULT_POLICY, [share('spot', part)]),
      launched: [],
      moves,
      removed: [],
      limitAttach: () => ({}),
    });
  expect(wrong(0.4)).toEqual([]);
  expect(wrong(0.25)).toEqual([
    'default/app-2 → spot-0: 3 pods of Deployment default/app would be in spot, at most 2 (policy pods.shares)',
  ]);
});

test(`${CLUSTERS} generated clusters: shares are kept at every step, unless they were passed before, and cost something`, () => {
  let dearer = 0;
  for (let seed = 0; seed < CLUSTERS; seed++) {
    const request = generateCluster(seed);
    const made = plan(request, policyWith(request.policy, [share('spot', 0.5), share('zone', 0.5)]));
    const [start, ...later] = placesOf(made, request.snapshot);
    for (const { counts } of later) {
      for (const [key, count] of counts) {
        const [group, place] = key.split(' ') as [string, string];
        const half = Math.floor(start!.all.get(group)! / 2);
        const most = place === 'spot' ? half : Math.max(1, half);
        expect(count, `seed ${seed}: ${key}`).toBeLessThanOrEqual(Math.max(most, start!.counts.get(key) ?? 0));
      }
    }
    const free = plan(request, policyWith(request.policy, []));
    expect(made.summary.microsPerHour.bound).toBeLessThanOrEqual(made.summary.microsPerHour.after);
    if (made.summary.microsPerHour.after > free.summary.microsPerHour.after) dearer++;
  }
  expect(dearer).toBeGreaterThan(CLUSTERS / 10);
});
