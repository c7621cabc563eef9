import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Account } from '@restow/executor';
import { leftOut } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Outcome, restow } from '../cli/run-restow.ts';
import { isReady, type KarpenterCluster, marksOn, startKarpenterCluster } from './karpenter-cluster.ts';
import { Watcher } from './watcher.ts';

const COLD_MS = 20 * 60_000;
const SOAK = process.env.RESTOW_SOAK === '1';
const HOOK = fileURLToPath(new URL('kill-at.ts', import.meta.url));
const why = leftOut();

describe.skipIf(why !== null)(
  why ?? 'restow apply, killed',
  () => {
    let cluster: KarpenterCluster;
    let root: string;
    let env: Record<string, string>;
    let watcher: Watcher;
    let runs = 0;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'restow-apply-killed-'));
      cluster = await startKarpenterCluster({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 });
    }, COLD_MS);
    afterAll(async () => {
      await cluster?.stop();
      rmSync(root, { recursive: true, force: true });
    });
    beforeEach(async () => {
      env = { XDG_STATE_HOME: join(root, String(++runs)) };
      if (runs > 1) await cluster.fragment();
    }, COLD_MS);

    const planFile = () => join(root, `${runs}.json`);
    const plan = async () => {
      const { code, stderr } = await restow(['plan', ...cluster.where, ...cluster.prices, '--save', planFile()]);
      expect(code, stderr).toBe(0);
      watcher = await Watcher.open(cluster.controlPlane.kubeconfig, cluster.workloads.replicas);
    };
    const runId = () => readdirSync(join(env.XDG_STATE_HOME!, 'restow', 'runs'))[0]!;
    /** What went otherwise than planned. */
    const history = () => {
      const lines = readFileSync(join(env.XDG_STATE_HOME!, 'restow', 'runs', runId(), 'journal'), 'utf8').split('\n');
      const telling = lines.filter((line) =>
        /"type":"(replanned|stopping|retargeted)"|"state":"(failed|dropped)"/.test(line),
      );
      return telling.map((line) => line.slice(0, 600)).join('\n');
    };
    const killedAt = (point: string) => ({ ...env, NODE_OPTIONS: `--import=${HOOK}`, RESTOW_TEST_KILL: point });
    const begin = (point: string) =>
      restow(['apply', planFile(), ...cluster.where, ...cluster.prices], { env: killedAt(point) });
    const accountOf = ({ stdout, stderr }: Outcome): Account => {
      expect(stdout, stderr).toMatch(/^\{/);
      return (JSON.parse(stdout) as { account: Account }).account;
    };
    const expectWell = async () => {
      await watcher.close();
      expect(watcher.problems).toEqual([]);
      const pods = await cluster.pods();
      expect(pods.length).toBe(cluster.workloads.pods);
      expect(pods.every(isReady)).toBe(true);
      expect(marksOn(await cluster.nodes())).toEqual([]);
      expect(await cluster.controlPlane.kubectl(['get', 'nodeclaims', '-o', 'json'])).not.toMatch(
        /restow\.dev\/protected/,
      );
    };

    test('again and again, after ever so many records, and resumed each time, it comes to its target', async () => {
      await plan();
      await begin('record:2');
      let killed = 1;
      let last: Outcome;
      for (;;) {
        // Often enough more than the records of what is begun at once, or it would never get on.
        const records = 3 + ((killed * 5) % 17);
        const args = ['apply', '--resume', runId(), '-o', 'json'];
        last = await restow(args, { env: killedAt(`record:${records}`) });
        if (last.code !== null) break;
        killed++;
        expect(killed).toBeLessThan(1000);
      }
      const account = accountOf(last);
      expect(account.outcome, history()).toBe('target');
      expect(killed).toBeGreaterThanOrEqual(SOAK ? 50 : 25);
      expect(account.resumed).toBe(killed);
      expect(watcher.evictedPods).toBe(account.moves.made);
      await expectWell();
    });

    const WRITES = [
      'PATCH /api/v1/nodes',
      'POST .*eviction',
      'POST .*nodeclaims',
      'DELETE .*nodeclaims',
      'PUT .*leases',
    ];
    test('in the middle of each kind of change, and resumed, it comes to its target', async () => {
      await plan();
      for (const [index, kind] of WRITES.entries()) {
        const point = `write:${index === 4 ? 3 : 2}:${kind}`;
        const resumed = ['apply', '--resume', index === 0 ? '' : runId(), '-o', 'json'];
        const outcome = index === 0 ? await begin(point) : await restow(resumed, { env: killedAt(point) });
        // What is over has nothing left of that kind.
        if (index < 2) expect(outcome.code, `${kind}: ${outcome.stderr}`).toBeNull();
      }
      const account = accountOf(await restow(['apply', '--resume', runId(), '-o', 'json'], { env }));
      expect(account.outcome, history()).toBe('target');
      expect(watcher.evictedPods).toBe(account.moves.made);
      await expectWell();
    });

    const POINTS = SOAK ? Array.from({ length: 50 }, (_, index) => 2 + 3 * index) : [5, 40];
    test.each(POINTS)('after record %i, and aborted, it leaves nothing behind', async (records) => {
      await plan();
      const { code } = await begin(`record:${records}`);
      if (code === null) {
        const account = accountOf(await restow(['apply', '--abort', runId(), '-o', 'json'], { env }));
        expect(account.reasons[0]?.code).toBe('aborted');
        expect(account.left.filter((what) => !/holds pods and stays/.test(what))).toEqual([]);
      }
      await expectWell();
    });
  },
  COLD_MS,
);
