import { DEFAULT_POLICY } from '@restow/model';
import { type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { plainCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const PODS = 300;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

test.for([0.6, 0.8])(
  'with moves for %s of the pods, a plan is near to what is proven of so many moves',
  {
    timeout: 300_000,
  },
  (part) => {
    const policy = { ...DEFAULT_POLICY, movePrice: '0', maxMoves: Math.floor(part * PODS) };
    const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
    const { summary } = makePlan({ ...plainCluster(PODS), policy, effort: 'normal', seed: 1 }, context);
    const { objective, objectiveGap, microsPerHour, moves } = summary;
    expect(moves).toBeLessThanOrEqual(policy.maxMoves);
    expect(objective!.bound).toBeGreaterThan(1.05 * microsPerHour.bound);
    expect(objectiveGap).toBeLessThan(0.012);
  },
);
