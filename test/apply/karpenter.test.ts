import { leftOut } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApplyRuns, accountOf } from './apply-runs.ts';
import { type KarpenterCluster, marksOn, startKarpenterCluster } from './karpenter-cluster.ts';

/** What moving costs is spread over two weeks, not over a day. */
const POLICY = 'horizonHours: 336\nrun: { budgets: { podsPerMinute: null, nodesAtOnce: 12 } }\n';
const COLD_MS = 20 * 60_000;
/** Half of it, where there is no time: there the rounding of nodes weighs more. */
const SOAK = process.env.RESTOW_SOAK === '1';
const why = leftOut();

describe.skipIf(why !== null)(
  why ?? 'a plan carried out beside a real Karpenter',
  () => {
    let cluster: KarpenterCluster;
    let runs: ApplyRuns;
    beforeAll(async () => {
      cluster = await startKarpenterCluster({ part: SOAK ? 1 : 0.5, scale: [1, 0.5], mostCores: 4 });
      runs = new ApplyRuns(cluster, POLICY);
    }, COLD_MS);
    afterAll(async () => {
      await cluster?.stop();
      runs?.remove();
    });

    test('the plan saves at least a quarter, and is near to the best', async () => {
      expect((await cluster.nodes()).length).toBeGreaterThanOrEqual(SOAK ? 40 : 20);
      const { summary, target } = await runs.next();
      const { before, after } = summary.microsPerHour;
      expect(summary.objectiveGap).toBeLessThanOrEqual(SOAK ? 0.03 : 0.05);
      expect(after).toBeLessThanOrEqual(0.75 * before);
      expect(target.placements.map(({ method }) => method)).toContain('surge');
    });

    test('the API server agrees to every step before any is done', async () => {
      const before = await cluster.nodes();
      const { code, stdout, stderr } = await runs.restow('apply', [runs.planFile, '--dry-run=server']);
      expect(code, stderr + stdout).toBe(0);
      expect(stdout).toMatch(/0 refused; nothing was changed/);
      // What was asked to go would not be gone at once.
      const claims = await cluster.controlPlane.kubectl(['get', 'nodeclaims', '-o', 'json']);
      expect(claims).not.toMatch(/deletionTimestamp/);
      const uids = (nodes: typeof before) => nodes.map(({ metadata }) => metadata.uid);
      expect(uids(await cluster.nodes())).toEqual(uids(before));
      expect(marksOn(await cluster.nodes())).toEqual([]);
    });

    test('it is carried out to what it promised, and nobody outside sees anything that must not be', async () => {
      const { code, stdout, stderr } = await runs.apply();
      expect(code, `${stderr}${stdout}${runs.history()}`).toBe(0);
      const account = accountOf({ code, stdout, stderr });
      const { promised, now } = account.microsPerHour;
      expect(account.outcome).toBe('target');
      expect(Math.abs(now - promised)).toBeLessThanOrEqual(0.01 * promised);
      runs.expectCounted(account);
      await runs.expectWell();
      expect(runs.watcher.removedNodes).toBe(account.nodes.removed + account.nodes.released);
      expect((await runs.restow('runs', [])).stdout).toMatch(/target/);
    });

    test('Karpenter, switched on, changes nothing', async () => {
      const names = async () => (await cluster.nodes()).map(({ metadata }) => metadata.uid).sort();
      const before = await names();
      await cluster.karpenter.setConsolidateAfter('0s');
      await new Promise((resolve) => setTimeout(resolve, SOAK ? 300_000 : 40_000));
      expect(await names()).toEqual(before);
    });
  },
  COLD_MS,
);
