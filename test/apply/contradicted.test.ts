import type { Plan } from '@restow/model';
import { karpenterPrices, leftOut, untilFound } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restow } from '../cli/run-restow.ts';
import { ApplyRuns, accountOf } from './apply-runs.ts';
import { marksOn, startKarpenterCluster } from './karpenter-cluster.ts';

const COLD_MS = 20 * 60_000;
const SOAK = process.env.RESTOW_SOAK === '1';
const why = leftOut();

/** One node after the other, so that something is still to come when the cluster contradicts. */
const policyWith = (moveMs: number) => `
run:
  budgets: { nodesAtOnce: 4, podsAtOnce: 2, podsPerMinute: null }
  minimumAchievedFraction: 0.1
  limits: { moveMs: ${moveMs}, readyMs: 20000, removeMs: 90000 }
`;
const POLICY = policyWith(40_000);

describe.skipIf(why !== null)(
  why ?? 'restow apply, contradicted',
  () => {
    let runs: ApplyRuns;
    let plan: Plan;
    beforeAll(async () => {
      runs = new ApplyRuns(await startKarpenterCluster({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 }), POLICY);
    }, COLD_MS);
    afterAll(async () => {
      await runs?.cluster.stop();
      runs?.remove();
    });
    beforeEach(async () => {
      plan = await runs.next();
    }, COLD_MS);

    const kubectl = (args: readonly string[], input?: string) => runs.cluster.controlPlane.kubectl(args, input);
    const create = (object: object) => kubectl(['apply', '-f', '-'], JSON.stringify(object));

    test('the API server away: the run waits, goes on and reaches its target', async () => {
      const ended = runs.apply();
      await runs.moved(2);
      runs.cluster.controlPlane.suspendApiServer(true);
      await new Promise((resolve) => setTimeout(resolve, SOAK ? 60_000 : 15_000));
      runs.cluster.controlPlane.suspendApiServer(false);
      const account = accountOf(await ended);
      expect(account.outcome, JSON.stringify(account.reasons)).toBe('target');
      await runs.expectWell();
    });

    test('a budget that never allows: the rest is done without its pods', async () => {
      const last = plan.target.placements.findLast(({ method }) => method === 'evict')!;
      const app = /^(deployment|statefulset)-\d+/.exec(last.name)![0];
      const ended = runs.apply();
      await runs.moved(1);
      const budget = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'never', namespace: 'default' },
      };
      await create({ ...budget, spec: { maxUnavailable: 0, selector: { matchLabels: { app } } } });
      const deleted = () =>
        [...runs.watcher.deletedPods.values()].filter(({ name }) => name.startsWith(`${app}-`)).length;
      const before = await untilFound(async () => deleted(), 'the watcher has heard of it');
      const account = accountOf(await ended);
      await kubectl(['delete', 'pdb', 'never']);
      expect(deleted()).toBe(before);
      expect(account.moves.made).toBeGreaterThan(before);
      expect(account.microsPerHour.now).toBeLessThan(account.microsPerHour.before);
      runs.expectCounted(account);
      await runs.expectWell();
    });

    test('a finalizer that never goes: its node stays, and the account says why', async () => {
      // Of a StatefulSet the move itself would wait for it, and its time here is shorter than that of a pod to stop.
      const leaving = plan.steps.flatMap(({ kind, node }) => (kind === 'remove' ? [node ?? null] : []));
      const { name } = plan.target.placements.findLast(
        (one) => one.method === 'evict' && one.name.startsWith('deployment-') && leaving.includes(one.from),
      )!;
      const setFinalizers = (finalizers: readonly string[] | null) =>
        kubectl(['patch', 'pod', name, '--type=merge', '-p', JSON.stringify({ metadata: { finalizers } })]);
      await setFinalizers(['example.com/never']);
      try {
        const account = accountOf(await runs.apply());
        expect(account.failures.map(({ code }) => code)).toContain('stuck');
      } finally {
        await setFinalizers(null);
      }
      await runs.expectWell();
    });

    test('a target node lost: what was going there goes elsewhere', async () => {
      const stays = new Set(plan.target.nodes.flatMap(({ existing, name }) => (existing ? [name] : [])));
      const ended = runs.apply();
      await runs.moved(1);
      const lost = await runs.meanwhile(async () => {
        const begun = new Set(runs.records().flatMap((record) => (record.type === 'begun' ? [record.step] : [])));
        const goal = plan.steps.find(({ id, kind, node }) => kind === 'move' && stays.has(node!) && !begun.has(id))!
          .node!;
        const found = `jsonpath={.items[?(@.status.nodeName=="${goal}")].metadata.name}`;
        const claim = (await kubectl(['get', 'nodeclaims', '-o', found])).trim();
        await kubectl(['delete', 'nodeclaim', claim, '--wait=false']);
        await untilFound(async () => {
          const node = (await runs.cluster.nodes()).find(({ metadata }) => metadata.name === goal);
          return node?.metadata.deletionTimestamp === undefined && node !== undefined ? null : true;
        }, 'the node is going');
        return goal;
      });
      const account = accountOf(await ended);
      expect(account.replans).toBeGreaterThanOrEqual(1);
      // Whoever deletes a node moves its pods beside those that the run moves, and knows nothing of a surge.
      const gone = [...runs.watcher.deletedPods.values()].filter(({ node }) => node === lost);
      const apps = gone.map(({ name }) => /^(deployment|statefulset)-\d+/.exec(name)![0]);
      const own = runs.watcher.problems.filter((problem) => !apps.some((app) => problem.includes(`${app}:`)));
      expect(own).toEqual([]);
      runs.watcher.problems.splice(0);
      await runs.expectWell();
    });

    test('a workload that takes the room: nothing is left without a node', async () => {
      const ended = runs.apply();
      await runs.moved(1);
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
      await create({ ...deployment, spec });
      const account = accountOf(await ended);
      expect(account.left).toEqual([]);
      expect(account.moves.made).toBeGreaterThanOrEqual(1);
      await kubectl(['rollout', 'status', 'deployment/greedy', '--timeout=60s']);
      await kubectl(['delete', 'deployment', 'greedy']);
      await runs.expectWell();
    });

    test('an uncordon: that node is left alone', async () => {
      const ended = runs.apply();
      // Not one that is only held for as long as a pod is on its way: that the run uncordons itself.
      const cordoned = await untilFound(async () => runs.emptied[0] ?? null, 'a node that shall go is cordoned');
      await kubectl(['uncordon', cordoned.name]);
      const account = accountOf(await ended);
      expect((await runs.cluster.nodes()).map(({ metadata }) => metadata.uid)).toContain(cordoned.uid);
      expect(account.left).toEqual([]);
      runs.expectCounted(account);
      await runs.expectWell();
    });

    test('the lease lost: nothing more is changed, and the run can be resumed', async () => {
      // An eviction that is cut off between its budget and its pod leaves the budget used up for two minutes
      // (DeletionTimeout of the disruption controller).
      await runs.next({ policy: policyWith(180_000) });
      const ended = runs.apply();
      await runs.moved(2);
      const lease = ['lease', 'restow', '-n', 'kube-system', '--type=merge', '-p'];
      await kubectl(['patch', ...lease, '{"spec":{"holderIdentity":"another"}}']);
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/taken by another.*RESTOW_LEASE_LOST/);
      const deleted = runs.watcher.deletedPods.size;
      await kubectl(['patch', ...lease, '{"spec":{"holderIdentity":""}}']);
      expect(runs.watcher.deletedPods.size).toBe(deleted);
      const account = accountOf(await runs.resume());
      expect(account.outcome, JSON.stringify(account.reasons) + runs.history()).toBe('target');
      await runs.expectWell();
    });

    test('a pause: the run ends in good order, none begins, and after it one does', async () => {
      const ended = runs.apply();
      await runs.moved(1);
      const { where } = runs.cluster;
      expect((await restow(['pause', ...where, '--reason', 'release night'])).code).toBe(0);
      const account = accountOf(await ended);
      expect(account.reasons.map(({ code }) => code)).toContain('paused');
      const again = await runs.apply();
      expect(again.code).toBe(2);
      expect(again.stderr).toMatch(/paused: release night/);
      expect((await restow(['resume', ...where])).stdout).toMatch(/no longer paused/);
      await runs.expectWell();
    });

    test('a plan older than the cluster is refused, with what has changed', async () => {
      const [gone] = plan.reliesOn.pods;
      await kubectl(['delete', 'pods', '--all', '--wait=true']);
      const { code, stderr } = await runs.apply();
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`moved on: .*${gone!.name.slice(0, 8)}.*stale.*nothing was begun`));
      expect(marksOn(await runs.cluster.nodes())).toEqual([]);
    });

    test('NodeClaims that never become ready are given back', async () => {
      const used = (await runs.cluster.nodes()).map(
        ({ metadata }) => metadata.labels['node.kubernetes.io/instance-type'],
      );
      const count = (type: string) => used.filter((one) => one === type).length;
      // What there is least of becomes cheaper than all that is there, so that the plan buys it.
      const cheap = ['c-2x', 'm-2x', 'r-2x'].reduce((least, type) => (count(type) < count(least) ? type : least));
      plan = await runs.next({ prices: karpenterPrices(cheap) });
      const slow = { apiVersion: 'karpenter.kwok.sh/v1alpha1', kind: 'KWOKNodeClass', metadata: { name: 'default' } };
      const set = (delay: string) => create({ ...slow, spec: { nodeRegistrationDelay: delay } });
      await set('10m');
      const account = accountOf(await runs.apply());
      await set('0s');
      expect(plan.steps.map(({ kind }) => kind)).toContain('launch');
      expect(account.failures.map(({ code }) => code)).toContain('not-ready');
      expect(account.nodes.released).toBeGreaterThanOrEqual(1);
      await runs.expectWell();
    });
  },
  COLD_MS,
);
