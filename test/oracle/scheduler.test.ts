import { ApiConnection, type ControlPlane, leftOut, startControlPlane } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SchedulerOracle, verdictsOfRestow } from './verdicts.ts';
import { generateWorld, PROBED } from './world.ts';

const SOAK = process.env.RESTOW_SOAK === '1';
const WORLDS = SOAK ? 600 : 130;
const PROBES = 20;
/** Building the test bed from source, the first time. */
const COLD_MS = 20 * 60_000;

const why = leftOut();

describe.skipIf(why !== null)(why ?? 'the scheduler as the oracle', () => {
  let controlPlane: ControlPlane;
  let api: ApiConnection;
  let oracle: SchedulerOracle;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ controllerManager: false, kwok: false });
    api = await ApiConnection.open(controlPlane.kubeconfig);
    oracle = new SchedulerOracle(api);
    await oracle.open();
  }, COLD_MS);
  afterAll(async () => {
    oracle?.stop();
    api?.close();
    await controlPlane?.stop();
  });

  test(
    'restow says of every pod and node what a real kube-scheduler says',
    async () => {
      const tooLenient: string[] = [];
      const tooStrict: string[] = [];
      const decidedBy = new Map<string, number>();
      let judged = 0;
      let fitting = 0;
      for (let seed = 1; seed <= WORLDS; seed++) {
        const world = generateWorld(seed, PROBES);
        const ours = verdictsOfRestow(world);
        await oracle.build(world);
        for (const probe of world.probes) {
          const { name } = probe.metadata;
          const { rules, reason } = ours.get(name)!;
          let theirs = await oracle.judge(probe);
          // It may not have heard yet that the probe before has gone: what it says again counts.
          if ((theirs === null) !== (rules.length === 0)) {
            await new Promise((resolve) => setTimeout(resolve, 300));
            theirs = await oracle.judge(probe);
          }
          judged++;
          if (theirs === null) fitting++;
          if (rules.length === 0 && theirs !== null) tooLenient.push(`${name}: the scheduler says ${theirs}`);
          if (rules.length > 0 && theirs === null) tooStrict.push(`${name}: restow says ${reason}`);
          if (rules.length === 1 && theirs !== null) decidedBy.set(rules[0]!, (decidedBy.get(rules[0]!) ?? 0) + 1);
        }
        await oracle.clear(world);
      }
      expect(tooLenient).toEqual([]);
      expect(tooStrict.length / judged, tooStrict.join('\n')).toBeLessThanOrEqual(0.02);
      expect(judged).toBeGreaterThanOrEqual(2000);
      expect(fitting).toBeGreaterThan(judged / 10);
      for (const rule of PROBED) expect(decidedBy.get(rule) ?? 0, `${rule} decides`).toBeGreaterThanOrEqual(50);
    },
    30 * 60_000,
  );
});
