import { DEFAULT_POLICY, LABEL, type Plan, type Policy } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { makePlan } from '../make-plan.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const GIB = 2 ** 30;
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'db' };

interface Case {
  readonly change?: Partial<Policy>;
  readonly perSecondAway?: string;
  /** What runs on the other node may move too. */
  readonly othersMove?: boolean;
  /** Every node has an agent. */
  readonly live?: boolean;
}

/** Two nodes in two zones for 0.40 an hour each, of which one is enough: the database would be away for 20 s. */
function planOf({ change = {}, perSecondAway = '0', othersMove = false, live = false }: Case): Plan {
  const labels = live ? { [LABEL.restowAgent]: 'true' } : {};
  const doNotDisrupt = othersMove ? null : 'karpenter.sh/do-not-disrupt=true';
  const snapshot = buildSnapshot({
    nodes: [buildNode('a', { labels }), buildNode('b', { labels, zone: 'zone-b' })],
    pods: [
      buildPod('web-1', 'a', { requests: { cpu: 1_000, memory: GIB }, doNotDisrupt }),
      buildPod('web-2', 'a', { requests: { cpu: 1_000, memory: GIB }, doNotDisrupt }),
      buildPod('db-0', 'b', { owner: SET, labels: { app: 'db' }, requests: { cpu: 500, memory: 4 * GIB } }),
    ],
  });
  const book = buildPriceBook([
    { instanceType: 'standard-4', zone: 'zone-a', cores: 4, gib: 16, pods: 20, microsPerHour: 400_000 },
    { instanceType: 'standard-4', zone: 'zone-b', cores: 4, gib: 16, pods: 20, microsPerHour: 400_000 },
    { instanceType: 'small', zone: 'zone-a', cores: 1, gib: 8, pods: 20, microsPerHour: 100_000 },
  ]);
  const values = [{ pods: 'app=db', namespaces: [], interruption: '1', perSecondAway }];
  const rates = { ...DEFAULT_POLICY.evacuation.rates, launchMs: 50_000, startMs: 15_000, stopMs: 7_000 };
  const policy = {
    ...DEFAULT_POLICY,
    stall: { ...DEFAULT_POLICY.stall, evictMs: 20_000 },
    evacuation: { ...DEFAULT_POLICY.evacuation, rates, values },
    onlyRemove: true,
    ...change,
  };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ snapshot, book, policy, effort: 'quick', seed: 1 }, context);
}

const movesOf = ({ target }: Plan) => target.placements.filter(({ from }) => from !== null).map(({ name }) => name);

test('a pod is moved when its node costs more than the time without it, else not', () => {
  // 20 s at 0.48 a second are 0.40 an hour over 24 h.
  expect(movesOf(planOf({ perSecondAway: '0.45' }))).toEqual(['db-0']);
  expect(movesOf(planOf({ perSecondAway: '0.50' }))).toEqual([]);
  expect(movesOf(planOf({ perSecondAway: '0.50', change: { horizonHours: 48 } }))).toEqual(['db-0']);
});

test('two pods that others stand in for are moved rather than one that is away', () => {
  expect(movesOf(planOf({ perSecondAway: '0.10', othersMove: true }))).toEqual(['web-1', 'web-2']);
  expect(movesOf(planOf({ perSecondAway: '0', othersMove: true }))).toEqual(['db-0']);
});

test('the objective is the nodes and each part of what it costs to get there', () => {
  const evicted = planOf({ perSecondAway: '0.12', change: { movePrice: '0.024' } }).summary.objective;
  const parts = { nodes: 400_000, moves: 1_000, away: 100_000, traffic: 0, surge: 0, risk: 0, preferences: 0 };
  expect(evicted).toEqual({ total: 501_000, bound: expect.any(Number), ...parts });
  expect(evicted!.bound).toBeCloseTo(501_000, -1);
});

test('what a live move sends to another zone has its price', () => {
  const prices = { ...DEFAULT_POLICY.prices, zoneTrafficPerGibibyte: '0.06' };
  const plan = planOf({ live: true, change: { prices, movePrice: '0' } });
  expect(plan.target.placements.find(({ name }) => name === 'db-0')).toMatchObject({ method: 'live' });
  // 4 GiB over 24 h.
  expect(plan.summary.objective).toMatchObject({ nodes: 400_000, traffic: 10_000 });
});

test('a node that comes is paid for beside the one that it stands in for', () => {
  const plan = planOf({ change: { onlyRemove: false, movePrice: '0', horizonHours: 1 }, othersMove: true });
  const { objective, nodes } = plan.summary;
  expect(nodes.launched).toBeGreaterThan(0);
  const launched = plan.target.nodes.reduce((sum, one) => sum + (one.existing ? 0 : one.microsPerHour!), 0);
  // 72 s of an hour.
  expect(objective!.surge).toBe(launched / 50);
});
