import type { Plan, Policy, PriceBook } from '@restow/model';
import {
  compareLifted,
  LIFTABLE_RULES,
  type Lift,
  type LpEngines,
  lifted,
  liftSets,
  loadEngines,
  makePlan,
  type PlanRequest,
} from '@restow/solver';
import { generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { replayNaively } from '../naive/replay.ts';

const isSoak = process.env.RESTOW_SOAK === '1';
const TIMEOUT = { timeout: isSoak ? 3_600_000 : 600_000 };
const ATTACH_LIMIT = 2;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

function requestOf(seed: number, more: Partial<PlanRequest> = {}): PlanRequest {
  return { ...generateCluster(seed), effort: 'quick', seed: 1, ...more };
}

function planOf(request: PlanRequest): Plan {
  return makePlan(request, { engines, now: () => 0, stop: () => null, onProgress: () => {} });
}

test('without a constraint nothing is dearer, and no bound is higher', TIMEOUT, () => {
  let cheaper = 0;
  for (let seed = 0; seed < (isSoak ? 2_000 : 40); seed++) {
    const request = requestOf(seed);
    const lifts: Lift[] = [
      ...LIFTABLE_RULES.map((rule) => ({ kind: 'rule' as const, rule })),
      ...request.snapshot.podDisruptionBudgets.map(({ namespace, name }) => {
        return { kind: 'budget' as const, namespace, name };
      }),
      { kind: 'allow', what: 'spot' },
    ];
    const plans = liftSets(lifts).map((some) => {
      const without = some.reduce(lifted, request);
      const plan = planOf(without);
      // The naive replay knows that pods keep their kind of machine.
      if (!some.some(({ kind }) => kind === 'allow')) {
        expect(replayNaively(without.snapshot, without.book, plan, ATTACH_LIMIT), `seed ${seed}`).toEqual([]);
      }
      return { lifts: some, plan };
    });
    const [asItIs] = plans.map(({ plan }) => plan.summary.microsPerHour);
    for (const { plan } of plans) {
      expect(plan.summary.microsPerHour.bound, `seed ${seed}`).toBeLessThanOrEqual(asItIs!.bound);
    }
    const cases = compareLifted(plans);
    for (const { microsPerHour, saves } of cases) {
      expect(microsPerHour.bound, `seed ${seed}`).toBeLessThanOrEqual(microsPerHour.after);
      expect(microsPerHour.after, `seed ${seed}`).toBeLessThanOrEqual(cases[0]!.microsPerHour.after);
      expect(saves.least, `seed ${seed}`).toBeLessThanOrEqual(saves.found);
      expect(saves.found, `seed ${seed}`).toBeLessThanOrEqual(saves.most);
      if (saves.found > 0) cheaper++;
    }
  }
  expect(cheaper).toBeGreaterThan(20);
});

test('all prices times a power of two give the same target', TIMEOUT, () => {
  for (let seed = 0; seed < (isSoak ? 4_000 : 60); seed++) {
    const plain = requestOf(seed);
    const values = [{ pods: '', namespaces: [], interruption: '0', perSecondAway: '0.001' }];
    const request = { ...plain, policy: { ...plain.policy, evacuation: { ...plain.policy.evacuation, values } } };
    const { book, policy } = request;
    const plan = planOf(request);
    for (const factor of [2, 1024]) {
      const scaled = planOf({ ...request, book: timesPrices(book, factor), policy: timesAmounts(policy, factor) });
      expect(scaled.target.placements, `seed ${seed} × ${factor}`).toEqual(plan.target.placements);
      expect(scaled.summary.microsPerHour.after).toBe(plan.summary.microsPerHour.after * factor);
    }
  }
});

test('more work never gives a dearer plan than less', TIMEOUT, () => {
  for (let seed = 0; seed < (isSoak ? 2_000 : 25); seed++) {
    const normal = planOf(requestOf(seed, { effort: 'normal' }));
    const thorough = planOf(requestOf(seed, { effort: 'thorough' }));
    const [most, least] = [normal, thorough].map(({ summary }) => summary.objective!.total);
    expect(least, `seed ${seed}`).toBeLessThanOrEqual(most!);
    expect(thorough.summary.microsPerHour.bound).toBeGreaterThanOrEqual(normal.summary.microsPerHour.bound);
  }
});

test('more moves never give a dearer plan than fewer, moves and time away at their prices', TIMEOUT, () => {
  let saves = 0;
  for (let seed = 0; seed < (isSoak ? 1_000 : 15); seed++) {
    const plain = requestOf(seed);
    const values = [{ pods: '', namespaces: [], interruption: '0', perSecondAway: '0.0005' }];
    const evacuation = { ...plain.policy.evacuation, values };
    const costs = [0, 1, 3, 8, null].map((maxMoves) => {
      const { objective } = planOf({ ...plain, policy: { ...plain.policy, evacuation, maxMoves } }).summary;
      return objective!.nodes + objective!.moves + objective!.away;
    });
    // Each part is rounded by itself where it is shown.
    for (const [k, cost] of costs.entries())
      expect(cost, `seed ${seed}`).toBeLessThanOrEqual((costs[k - 1] ?? cost) + 2);
    if (costs.at(-1)! < costs[0]!) saves++;
  }
  expect(saves).toBeGreaterThan(3);
});

function timesPrices(book: PriceBook, factor: number): PriceBook {
  return { ...book, offerings: book.offerings.map((one) => ({ ...one, nanosPerHour: one.nanosPerHour * factor })) };
}

function timesAmounts(policy: Policy, factor: number): Policy {
  const times = (amount: string) => String(Number(amount) * factor);
  const { values } = policy.evacuation;
  return {
    ...policy,
    movePrice: times(policy.movePrice),
    evacuation: {
      ...policy.evacuation,
      values: values.map((one) => ({ ...one, perSecondAway: times(one.perSecondAway!) })),
    },
  };
}
