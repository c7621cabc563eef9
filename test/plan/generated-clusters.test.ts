import { type Plan, planDigest } from '@restow/model';
import { enginesOf, loadEngines, makePlan } from '@restow/solver';
import { generateCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { replayNaively } from '../naive/replay.ts';

/** Checker and solver must never disagree (that throws), and a naive replay must agree with both. */
const CLUSTERS = process.env.RESTOW_SOAK ? 20_000 : 2_000;
/** Seeds beyond the short form at which solver and checker once disagreed. */
const FOUND_BEFORE = [10_262];
const quiet = { now: () => 0, stop: () => null, onProgress: () => {} };

test(`${CLUSTERS} generated clusters: plans that a naive replay accepts, never below the bound`, {
  timeout: 1_800_000,
}, async () => {
  const engines = await loadEngines();
  const seen = { saves: 0, moves: 0, launches: 0, keeps: 0, optimal: 0 };
  for (const seed of [...Array(CLUSTERS).keys(), ...FOUND_BEFORE]) {
    const request = generateCluster(seed);
    const plan = makePlan({ ...request, effort: 'quick', seed: 1 }, { ...quiet, engines });
    expect(replayNaively(request.snapshot, request.book, plan, 2), `seed ${seed}`).toEqual([]);
    if (request.policy.maxMoves !== null) expect(plan.summary.moves).toBeLessThanOrEqual(request.policy.maxMoves);
    expect(planDigest(plan)).toBe(plan.metadata.planDigest);
    count(plan, seen);
  }
  // The clusters must be worth planning: otherwise nothing was tested.
  expect(seen.saves).toBeGreaterThan(CLUSTERS / 3);
  expect(seen.moves).toBeGreaterThan(CLUSTERS / 2);
  expect(seen.launches).toBeGreaterThan(CLUSTERS / 10);
  expect(seen.keeps).toBeGreaterThan(CLUSTERS / 10);
  expect(seen.optimal).toBeGreaterThan(CLUSTERS / 10);
});

test('the same input, seed and effort give the same plan, whatever the order of the objects', async () => {
  const engines = await loadEngines();
  for (let seed = 0; seed < 40; seed++) {
    const request = generateCluster(seed);
    const { snapshot } = request;
    const reversed = { ...snapshot, nodes: snapshot.nodes.toReversed(), pods: snapshot.pods.toReversed() };
    const plan = makePlan({ ...request, effort: 'quick', seed: 7 }, { ...quiet, engines });
    const again = makePlan({ ...request, effort: 'quick', seed: 7 }, { ...quiet, engines });
    const other = makePlan({ ...request, snapshot: reversed, effort: 'quick', seed: 7 }, { ...quiet, engines });
    expect(again).toEqual(plan);
    expect(other.summary).toEqual(plan.summary);
    expect(other.steps).toEqual(plan.steps);
  }
});

test('an engine that fails is survived: the plan is still valid and its bound still holds', async () => {
  const { small, large } = await loadEngines();
  const broken = {
    name: 'broken',
    open: (...args: Parameters<typeof large.open>) => {
      const session = large.open(...args);
      let calls = 0;
      return {
        addColumns: session.addColumns.bind(session),
        setRightHandSides: session.setRightHandSides.bind(session),
        close: session.close.bind(session),
        solve: () => {
          const answer = session.solve();
          calls++;
          if (calls % 2 === 0) return { ...answer, status: 'time-limit' as const };
          return { ...answer, duals: answer.duals.map((dual) => dual * 1.5) };
        },
      };
    },
  };
  for (let seed = 0; seed < 60; seed++) {
    const request = generateCluster(seed);
    const good = makePlan({ ...request, effort: 'quick', seed: 1 }, { ...quiet, engines: enginesOf(small, large) });
    const plan = makePlan({ ...request, effort: 'quick', seed: 1 }, { ...quiet, engines: enginesOf(broken, broken) });
    expect(replayNaively(request.snapshot, request.book, plan, 2), `seed ${seed}`).toEqual([]);
    expect(plan.summary.microsPerHour.bound).toBeLessThanOrEqual(good.summary.microsPerHour.after);
  }
});

function count(
  { summary }: Plan,
  seen: { saves: number; moves: number; launches: number; keeps: number; optimal: number },
) {
  if (summary.microsPerHour.after < summary.microsPerHour.before) seen.saves++;
  else seen.keeps++;
  seen.moves += summary.moves;
  seen.launches += summary.nodes.launched;
  if (summary.status === 'optimal') seen.optimal++;
}
