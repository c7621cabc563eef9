import { DEFAULT_POLICY, LABEL, type Plan, type Policy, type SnapshotPod, UNCONSTRAINED } from '@restow/model';
import { type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot, generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const BOOK = buildPriceBook([
  { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 200_000 },
  { instanceType: 'standard-8', cores: 8, gib: 32, microsPerHour: 420_000 },
]);
const SEEDS = process.env.RESTOW_SOAK === '1' ? 5_000 : 150;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Two nodes with room for one core on the one and two on the other, and who is pending. */
function planWith(pending: readonly SnapshotPod[], change: Partial<Policy> = {}): Plan {
  const running = (name: string, node: string, cores: number) =>
    buildPod(name, node, { requests: { cpu: 1000 * cores } });
  const snapshot = buildSnapshot({
    nodes: [buildNode('one'), buildNode('two')],
    pods: [running('a', 'one', 1), running('b', 'one', 2), running('c', 'two', 2), ...pending],
  });
  const policy = { ...DEFAULT_POLICY, pending: { makeRoom: true, leastPriority: -10 }, ...change };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ snapshot, book: BOOK, policy, effort: 'normal', seed: 1 }, context);
}

function pod(name: string, cores: number, change: Partial<SnapshotPod> = {}): SnapshotPod {
  return buildPod(name, null, { requests: { cpu: 1000 * cores }, ...change });
}

function placed({ target }: Plan): Record<string, string> {
  return Object.fromEntries(target.pending!.map(({ name, node }) => [name, node]));
}

test('who is pending is given room that is there, and nobody moves', () => {
  const plan = planWith([pod('w', 2), pod('v', 1)]);
  expect(placed(plan)).toEqual({ w: 'two', v: 'one' });
  expect(plan.steps).toEqual([]);
  expect(plan.summary).toMatchObject({ moves: 0, status: 'optimal', gap: 0 });
  expect(plan.summary.microsPerHour).toEqual({ before: 400_000, after: 400_000, bound: 400_000 });
  expect(plan.summary.nodes).toMatchObject({ before: 2, after: 2 });
});

test('one that runs moves where that is cheaper than a node', () => {
  const plan = planWith([pod('w', 3)]);
  expect(placed(plan)).toEqual({ w: 'one' });
  expect(plan.steps.map(({ kind, pod: moved, node }) => [kind, moved?.name, node])).toEqual([['move', 'b', 'two']]);
});

test('with no moves allowed the cheapest node is launched that holds those who find no room', () => {
  const plan = planWith([pod('w', 3)], { maxMoves: 0 });
  expect(plan.summary.moves).toBe(0);
  expect(plan.summary.microsPerHour).toEqual({ before: 400_000, after: 600_000, bound: 400_000 });
  expect(plan.summary.objective!.bound).toBeGreaterThan(599_990);
  expect(plan.steps.map(({ kind }) => kind)).toEqual(['launch', 'wait-ready']);
  expect(placed(plan)).toEqual({ w: plan.steps[0]!.node });
});

test('who finds no place says so, and is not counted in what the plan costs', () => {
  const plan = planWith([pod('w', 2), pod('giant', 9)]);
  expect(placed(plan)).toEqual({ w: 'two' });
  expect(plan.summary.microsPerHour).toEqual({ before: 400_000, after: 400_000, bound: 400_000 });
  expect(plan.stays.map(({ name, reasons }) => [name, reasons])).toEqual([
    ['giant', ['it is pending: no room was found for it']],
  ]);
});

test.for<[string, SnapshotPod, Partial<Policy>, string]>([
  ['policy does not ask', pod('w', 3), { pending: DEFAULT_POLICY.pending }, 'policy pending.makeRoom'],
  ['it is there to be put aside', pod('w', 3, { priority: -11 }), {}, 'policy pending.leastPriority'],
  ['it is gated', pod('w', 3, { notUnderstood: ['scheduling gates'] }), {}, 'scheduling gates'],
  ['its volume is not there', pod('w', 3, { claims: ['data'] }), {}, 'its claim data has no volume'],
  [
    'no node may take it',
    pod('w', 3, { spec: { ...UNCONSTRAINED, nodeSelector: { disk: 'ssd' } } }),
    {},
    'no node may take it',
  ],
])('no room is made where %s', ([, waiting, change, reason]) => {
  const plan = planWith([waiting], change);
  expect(plan.steps).toEqual([]);
  expect(plan.target.pending ?? []).toEqual([]);
  expect(plan.stays.map(({ name, reasons }) => [name, reasons[0]])).toEqual([['w', expect.stringContaining(reason)]]);
});

test('those who want each other beside them are let in by the first of them', () => {
  const together = {
    ...UNCONSTRAINED,
    podAffinity: [
      {
        topologyKey: LABEL.hostname,
        selector: { matchLabels: { app: 'pair' }, matchExpressions: [] },
        namespaces: [],
        namespaceSelector: null,
        matchLabelKeys: [],
        mismatchLabelKeys: [],
      },
    ],
  };
  const pair = { labels: { app: 'pair' }, spec: together };
  expect(placed(planWith([pod('w', 1, pair), pod('v', 1, pair)]))).toEqual({ w: 'two', v: 'two' });
});

test('in generated clusters those who were pending have room, as far as anybody has', { timeout: 600_000 }, () => {
  let waited = 0;
  let placedInAll = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { snapshot, book, policy } = generateCluster(seed);
    const pods = snapshot.pods.map((one, index) => ((index + seed) % 4 === 0 ? { ...one, node: null } : one));
    const request = { snapshot: { ...snapshot, pods }, book, effort: 'quick' as const, seed: 1 };
    const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
    const plan = makePlan(
      { ...request, policy: { ...policy, pending: { makeRoom: true, leastPriority: -10 } } },
      context,
    );
    const { microsPerHour, objective, moves } = plan.summary;
    expect(microsPerHour.bound, `seed ${seed}`).toBeLessThanOrEqual(microsPerHour.after);
    expect(objective!.bound, `seed ${seed}`).toBeLessThanOrEqual(objective!.total);
    expect(moves, `seed ${seed}`).toBeLessThanOrEqual(policy.maxMoves ?? Number.POSITIVE_INFINITY);
    const names = new Set(plan.target.nodes.map(({ name }) => name));
    const waiting = new Set(pods.flatMap(({ node, uid }) => (node === null ? [uid] : [])));
    for (const { node, uid } of plan.target.pending!) {
      expect(names.has(node), `seed ${seed}`).toBe(true);
      expect(waiting.delete(uid), `seed ${seed}`).toBe(true);
    }
    const said = plan.stays.filter(({ reasons }) => reasons[0]!.startsWith('it is pending'));
    expect(said.length, `seed ${seed}`).toBe(waiting.size);
    waited += pods.filter(({ node }) => node === null).length;
    placedInAll += plan.target.pending!.length;
  }
  expect(placedInAll).toBeGreaterThan(0.6 * waited);
});
