import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Account } from '@restow/executor';
import { type Plan, parseDocument, planSchema } from '@restow/model';
import { leftOut, untilFound } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Outcome, restow } from '../cli/run-restow.ts';
import { isReady, type KarpenterCluster, marksOn, startKarpenterCluster } from './karpenter-cluster.ts';
import { Watcher } from './watcher.ts';

const COLD_MS = 20 * 60_000;
const SOAK = process.env.RESTOW_SOAK === '1';
const BIN = fileURLToPath(new URL('../../packages/cli/bin/restow.js', import.meta.url));
const why = leftOut();

/** One node after the other, so that something is still to come when the cluster contradicts. */
const POLICY = `
run:
  budgets: { nodesAtOnce: 4, podsAtOnce: 2 }
  minimumAchievedFraction: 0.1
  limits: { moveMs: 40000, readyMs: 20000, removeMs: 90000 }
`;

describe.skipIf(why !== null)(
  why ?? 'restow apply, contradicted',
  () => {
    let cluster: KarpenterCluster;
    let root: string;
    let env: Record<string, string>;
    let watcher: Watcher;
    let tests = 0;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'restow-contradicted-'));
      writeFileSync(join(root, 'policy.yaml'), POLICY);
      cluster = await startKarpenterCluster({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 });
    }, COLD_MS);
    afterAll(async () => {
      await cluster?.stop();
      rmSync(root, { recursive: true, force: true });
    });
    beforeEach(async () => {
      env = { XDG_STATE_HOME: join(root, String(++tests)) };
      if (tests > 1) await cluster.fragment();
      const args = ['--policy', join(root, 'policy.yaml'), '--save', planFile()];
      const { code, stderr } = await restow(['plan', ...cluster.where, ...cluster.prices, ...args]);
      expect(code, stderr).toBe(0);
      watcher = await Watcher.open(cluster.controlPlane.kubeconfig, cluster.workloads.replicas);
    }, COLD_MS);

    const planFile = () => join(root, `${tests}.json`);
    const plan = (): Plan => parseDocument(planSchema, JSON.parse(readFileSync(planFile(), 'utf8')), 'Plan') as Plan;
    const runId = () => readdirSync(join(env.XDG_STATE_HOME!, 'restow', 'runs'))[0]!;
    const kubectl = (args: readonly string[], input?: string) => cluster.controlPlane.kubectl(args, input);

    /** Begins the plan, and answers how it ended once it has. */
    const begin = (): { child: ChildProcess; ended: Promise<Outcome> } => {
      const args = ['apply', planFile(), ...cluster.where, ...cluster.prices, '-o', 'json'];
      const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env } });
      const read = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (part: string) => (read.stdout += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (read.stderr += part));
      const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, ...read })));
      return { child, ended };
    };
    const moved = (count: number) =>
      untilFound(async () => (watcher.evictedPods >= count ? true : null), `${count} pods have been moved`);
    const accountOf = ({ stdout, stderr }: Outcome): Account => {
      expect(stdout, stderr).toMatch(/^\{/);
      return (JSON.parse(stdout) as { account: Account }).account;
    };
    const expectWell = async () => {
      expect(watcher.problems).toEqual([]);
      await watcher.close();
      const ready = await untilFound(async () => {
        const pods = await cluster.pods();
        return pods.length === cluster.workloads.pods && pods.every(isReady) ? true : null;
      }, 'all pods are ready');
      expect(ready).toBe(true);
      expect(marksOn(await cluster.nodes())).toEqual([]);
    };

    test('the API server away: the run waits, goes on and reaches its target', async () => {
      const { ended } = begin();
      await moved(2);
      cluster.controlPlane.suspendApiServer(true);
      await new Promise((resolve) => setTimeout(resolve, SOAK ? 60_000 : 15_000));
      cluster.controlPlane.suspendApiServer(false);
      const account = accountOf(await ended);
      expect(account.outcome, JSON.stringify(account.reasons)).toBe('target');
      await expectWell();
    });

    test('a budget that never allows: the rest is done without its pods', async () => {
      const app = plan()
        .target.placements.findLast(({ from }) => from !== null)!
        .name.replace(/-[^-]+(-[^-]{5})?$/, '');
      const owner = /^(deployment|statefulset)-\d+/.exec(app)![0];
      const { ended } = begin();
      await moved(1);
      const budget = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'never', namespace: 'default' },
      };
      const spec = { maxUnavailable: 0, selector: { matchLabels: { app: owner } } };
      await kubectl(['delete', 'pdb', owner, '--ignore-not-found']);
      await kubectl(['apply', '-f', '-'], JSON.stringify({ ...budget, spec }));
      const { code } = await ended;
      await kubectl(['delete', 'pdb', 'never']);
      expect([0, 1]).toContain(code);
      await expectWell();
    });

    test('a finalizer that never goes: its node stays, and the account says why', async () => {
      const step = plan().steps.findLast(({ kind }) => kind === 'move')!;
      const patch = JSON.stringify({ metadata: { finalizers: ['example.com/never'] } });
      await kubectl(['patch', 'pod', step.pod!.name, '--type=merge', '-p', patch]);
      const account = accountOf(await begin().ended);
      expect(account.failures.map(({ code }) => code)).toContain('stuck');
      await kubectl(['patch', 'pod', step.pod!.name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
      await expectWell();
    });

    test('a target node lost: what was going there goes elsewhere', async () => {
      const { target } = plan();
      const goal = target.placements.findLast(
        ({ from, node }) => from !== null && target.nodes.some((one) => one.existing && one.name === node),
      )!.node;
      const { ended } = begin();
      await moved(1);
      const claims = await kubectl([
        'get',
        'nodeclaims',
        '-o',
        `jsonpath={.items[?(@.status.nodeName=="${goal}")].metadata.name}`,
      ]);
      await kubectl(['delete', 'nodeclaim', claims.trim(), '--wait=false']);
      const account = accountOf(await ended);
      expect(account.replans).toBeGreaterThanOrEqual(1);
      // Whoever deletes a node moves its pods, and not by our budgets.
      watcher.problems.splice(0);
      await expectWell();
    });

    test('a workload that takes the room: nothing is left without a node', async () => {
      const { ended } = begin();
      await moved(1);
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'greedy', namespace: 'default' },
      };
      const requests = { cpu: '600m', memory: '1Gi' };
      const container = { name: 'main', image: 'registry.example/app', resources: { requests } };
      const labels = { app: 'greedy' };
      const template = { metadata: { labels }, spec: { automountServiceAccountToken: false, containers: [container] } };
      const spec = { replicas: 4, selector: { matchLabels: labels }, template };
      await kubectl(['apply', '-f', '-'], JSON.stringify({ ...deployment, spec }));
      const { code, stderr } = await ended;
      expect([0, 1], stderr).toContain(code);
      await kubectl(['rollout', 'status', 'deployment/greedy', '--timeout=60s']);
      await kubectl(['delete', 'deployment', 'greedy']);
      await expectWell();
    });

    test('an uncordon: that node is left alone', async () => {
      const { ended } = begin();
      const cordoned = await untilFound(
        async () => (await cluster.nodes()).find(({ spec }) => spec.unschedulable)?.metadata ?? null,
        'a node is cordoned',
      );
      await kubectl(['uncordon', cordoned.name]);
      const { code, stderr } = await ended;
      expect([0, 1], stderr).toContain(code);
      await expectWell();
    });

    test('the lease lost: nothing more is changed, and the run can be resumed', async () => {
      const { ended } = begin();
      await moved(2);
      const lease = ['lease', 'restow', '-n', 'kube-system', '--type=merge', '-p'];
      await kubectl(['patch', ...lease, '{"spec":{"holderIdentity":"another"}}']);
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/taken by another.*RESTOW_LEASE_LOST/);
      const evicted = watcher.evictedPods;
      await kubectl(['patch', ...lease, '{"spec":{"holderIdentity":""}}']);
      expect(watcher.evictedPods).toBe(evicted);
      const account = accountOf(await restow(['apply', '--resume', runId(), '-o', 'json'], { env }));
      expect(account.outcome, JSON.stringify(account.reasons)).toBe('target');
      await expectWell();
    });

    test('a pause: the run ends in good order, none begins, and after it one does', async () => {
      const { ended } = begin();
      await moved(1);
      expect((await restow(['pause', ...cluster.where, '--reason', 'release night'])).code).toBe(0);
      const account = accountOf(await ended);
      expect(account.reasons.map(({ code }) => code)).toContain('paused');
      const again = await restow(['apply', planFile(), ...cluster.where, ...cluster.prices], { env });
      expect(again.code).toBe(2);
      expect(again.stderr).toMatch(/paused: release night/);
      expect((await restow(['resume', ...cluster.where])).stdout).toMatch(/no longer paused/);
      await expectWell();
    });

    test('a plan older than the cluster is refused, with what has changed', async () => {
      const [gone] = plan().reliesOn.pods;
      await kubectl(['delete', 'pods', '--all', '--wait=true']);
      await watcher.close();
      const { code, stderr } = await restow(['apply', planFile(), ...cluster.where, ...cluster.prices], { env });
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`moved on: .*${gone!.name.slice(0, 8)}.*stale.*nothing was begun`));
      expect(marksOn(await cluster.nodes())).toEqual([]);
    });

    test('NodeClaims that never become ready are given back', async () => {
      const slow = { apiVersion: 'karpenter.kwok.sh/v1alpha1', kind: 'KWOKNodeClass', metadata: { name: 'default' } };
      const set = (delay: string) =>
        kubectl(['apply', '-f', '-'], JSON.stringify({ ...slow, spec: { nodeRegistrationDelay: delay } }));
      await set('10m');
      // Two nodes that only one new one could replace.
      const outcome = await begin().ended;
      await set('0s');
      expect([0, 1], outcome.stderr).toContain(outcome.code);
      const account = accountOf(outcome);
      if (plan().steps.some(({ kind }) => kind === 'launch')) {
        expect(account.failures.map(({ code }) => code)).toContain('not-ready');
        expect(account.nodes.released).toBeGreaterThanOrEqual(1);
      }
      await expectWell();
    });
  },
  COLD_MS,
);
