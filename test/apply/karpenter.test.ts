import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '@restow/executor';
import type { Plan } from '@restow/model';
import { leftOut } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restow } from '../cli/run-restow.ts';
import { isReady, type KarpenterCluster, marksOn, startKarpenterCluster } from './karpenter-cluster.ts';
import { Watcher } from './watcher.ts';

const COLD_MS = 20 * 60_000;
const SOAK = process.env.RESTOW_SOAK === '1';
const why = leftOut();

describe.skipIf(why !== null)(
  why ?? 'a plan carried out beside a real Karpenter',
  () => {
    let cluster: KarpenterCluster;
    let folder: string;
    let env: Record<string, string>;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'restow-apply-'));
      env = { XDG_STATE_HOME: join(folder, 'state') };
      cluster = await startKarpenterCluster({ part: 1, scale: [1, 0.5], mostCores: 4 });
    }, COLD_MS);
    afterAll(async () => {
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const planFile = () => join(folder, 'plan.json');
    const policyFile = () => join(folder, 'policy.yaml');

    test('the plan saves at least a quarter, within 3 % of the best', async () => {
      expect((await cluster.nodes()).length).toBeGreaterThanOrEqual(40);
      // What moving costs is spread over a week, not over a day.
      writeFileSync(policyFile(), 'horizonHours: 168\nrun: { budgets: { podsPerMinute: null, nodesAtOnce: 12 } }\n');
      const args = ['--policy', policyFile(), '--save', planFile()];
      const { code, stderr } = await restow(['plan', ...cluster.where, ...cluster.prices, ...args]);
      expect(code, stderr).toBe(0);
      const { summary } = JSON.parse(readFileSync(planFile(), 'utf8')) as Plan;
      const { before, after } = summary.microsPerHour;
      expect(summary.objectiveGap).toBeLessThanOrEqual(0.03);
      expect(after).toBeLessThanOrEqual(0.75 * before);
    });

    test('the API server agrees to every step before any is done', async () => {
      const before = await cluster.nodes();
      const { code, stdout, stderr } = await restow([
        'apply',
        planFile(),
        ...cluster.where,
        ...cluster.prices,
        '--dry-run=server',
      ]);
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
      const watcher = await Watcher.open(cluster.controlPlane.kubeconfig, cluster.workloads.replicas);
      const args = ['apply', planFile(), ...cluster.where, ...cluster.prices, '-o', 'json'];
      const { code, stdout, stderr } = await restow(args, { env });
      await watcher.close();
      expect(code, stderr + stdout).toBe(0);
      const { account } = JSON.parse(stdout) as { account: Account };
      const { promised, now } = account.microsPerHour;
      expect(account.outcome).toBe('target');
      expect(Math.abs(now - promised)).toBeLessThanOrEqual(0.01 * promised);
      expect(watcher.problems).toEqual([]);
      expect(watcher.evictedPods).toBe(account.moves.made);
      expect(watcher.removedNodes).toBe(account.nodes.removed + account.nodes.released);
      const pods = await cluster.pods();
      expect(pods.length).toBe(cluster.workloads.pods);
      expect(pods.every(isReady)).toBe(true);
      expect(marksOn(await cluster.nodes())).toEqual([]);
      const runs = await restow(['runs'], { env });
      expect(runs.stdout).toMatch(/target/);
    });

    test('Karpenter, switched on, changes nothing', async () => {
      const names = async () => (await cluster.nodes()).map(({ metadata }) => metadata.uid).sort();
      const before = await names();
      await cluster.karpenter.setConsolidateAfter('0s');
      await new Promise((resolve) => setTimeout(resolve, SOAK ? 300_000 : 60_000));
      expect(await names()).toEqual(before);
    });
  },
  COLD_MS,
);
