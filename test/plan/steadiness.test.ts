import { DEFAULT_POLICY, type Effort, type PriceBook, type Snapshot } from '@restow/model';
import { exampleBook, exampleCluster } from '@restow/simulator';
import { snapshotOf } from '@restow/snapshotter';
import { type LpEngines, loadEngines, makeFrontier, makePlan } from '@restow/solver';
import { plainCluster } from '@restow/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { endStateOf } from '../naive/end-state.ts';

/** Different limits on moves, from none at all to all of them. */
const LIMITS = process.env.RESTOW_SOAK === '1' ? 20 : 5;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const example: { snapshot: Snapshot; book: PriceBook } = {
  snapshot: snapshotOf([{ name: 'example', document: exampleCluster() }]),
  book: exampleBook(),
};
const CLUSTERS = [
  ['the example cluster', example],
  ['300 plain pods', plainCluster(300, 1)],
  ['120 plain pods', plainCluster(120, 2)],
] as const;

function plan(
  cluster: { snapshot: Snapshot; book: PriceBook },
  effort: Effort,
  change: Partial<typeof DEFAULT_POLICY> = {},
) {
  const policy = { ...DEFAULT_POLICY, ...change };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ ...cluster, policy, effort, seed: 1 }, context);
}

describe.each(CLUSTERS)('%s', (_name, cluster) => {
  test.each(['quick', 'normal'] as const)('planning again from the end of a %s plan changes nothing', (effort) => {
    for (const movePrice of [DEFAULT_POLICY.movePrice, '0']) {
      const first = plan(cluster, effort, { movePrice });
      expect(first.summary.moves).toBeGreaterThan(10);
      const end = endStateOf(cluster.snapshot, cluster.book, first);
      const again = plan({ ...cluster, snapshot: end }, effort, { movePrice });
      expect(again.summary.microsPerHour.before).toBe(first.summary.microsPerHour.after);
      expect(again.summary).toMatchObject({ moves: 0, nodes: { launched: 0, removed: 0 } });
    }
  });

  test('a limit on moves is kept, and a higher one never costs more', () => {
    let last = Number.POSITIVE_INFINITY;
    const costs = new Set<number>();
    for (let step = 0; step < LIMITS; step++) {
      const maxMoves = Math.round((step * cluster.snapshot.pods.length) / (LIMITS - 1));
      const { summary } = plan(cluster, 'quick', { maxMoves, movePrice: '0' });
      expect(summary.moves).toBeLessThanOrEqual(maxMoves);
      expect(summary.microsPerHour.after).toBeLessThanOrEqual(last);
      last = summary.microsPerHour.after;
      costs.add(last);
    }
    expect(costs.size).toBeGreaterThan(LIMITS / 3);
  });
});

test('a frontier has plans with more and more moves, each cheaper than the one before, and none that a limit makes dearer', () => {
  const policy = { ...DEFAULT_POLICY, movePrice: '0' };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  const plans = makeFrontier({ ...example, policy, effort: 'quick', seed: 1 }, context);
  expect(plans.length).toBeGreaterThanOrEqual(5);
  expect(plans.length).toBeLessThanOrEqual(10);
  const figures = plans.map(({ summary: { moves, microsPerHour } }) => [moves, -microsPerHour.after] as const);
  for (const [index, [moves, saved]] of figures.entries()) {
    const before = figures[index - 1] ?? [-1, Number.NEGATIVE_INFINITY];
    expect(moves).toBeGreaterThan(before[0]);
    expect(saved).toBeGreaterThan(before[1]);
  }
  expect(figures[0]![0]).toBe(0);
  // Where that limit alone is asked for, it is searched for besides.
  for (const { summary } of [plans[2]!, plans.at(-1)!]) {
    const alone = plan(example, 'quick', { movePrice: '0', maxMoves: summary.moves }).summary;
    expect(alone.moves).toBeLessThanOrEqual(summary.moves);
    expect(alone.microsPerHour.after).toBeLessThanOrEqual(summary.microsPerHour.after);
  }
  const cheapest = plan(example, 'quick', { movePrice: '0' });
  expect(plans.at(-1)!.summary.microsPerHour).toEqual(cheapest.summary.microsPerHour);
});

test('the default minimum saving is at most half a percent', () => {
  expect(DEFAULT_POLICY.minimumSavingFraction).toBeLessThanOrEqual(0.005);
});

test('plain clusters are planned within 2.5 % of the bound, moves being free', () => {
  for (const [, cluster] of CLUSTERS)
    expect(plan(cluster, 'normal', { movePrice: '0' }).summary.gap).toBeLessThan(0.025);
});

test('a search that is stopped says so and gives a valid plan', () => {
  for (const reason of ['time-limit', 'cancelled'] as const) {
    let calls = 0;
    const stop = () => (++calls > 40 ? reason : null);
    const policy = { ...DEFAULT_POLICY };
    const stopped = makePlan(
      { ...example, policy, effort: 'normal', seed: 1 },
      { engines, now: () => 0, stop, onProgress: () => {} },
    );
    expect(stopped.summary.status).toBe(reason);
    expect(stopped.summary.microsPerHour.after).toBeLessThanOrEqual(stopped.summary.microsPerHour.before);
  }
});
