import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '@restow/executor';
import type { Plan } from '@restow/model';
import { type ControlPlane, leftOut, startControlPlane, untilFound } from '@restow/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { restow } from '../cli/run-restow.ts';
import { fakeScalingBed, motoBed } from './aws-beds.ts';
import type { CloudBed, GroupSize } from './cloud-bed.ts';
import { followMachines, nodeName } from './follow-machines.ts';
import { fakeGcpBed } from './gcp-bed.ts';

const COLD_MS = 20 * 60_000;
const REPLICAS = 5;
/** Short where what never comes is to be given up soon. */
const LONG_MS = 120_000;
const SHORT_MS = 20_000;
const why = leftOut();
// On two cores with other clusters beside it.
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(why !== null)(why ?? 'restow apply through the groups of a cloud', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane();
  }, COLD_MS);
  afterAll(async () => controlPlane?.stop());

  describe.each([
    ['Auto Scaling (moto)', motoBed, false],
    ['Auto Scaling (fake)', fakeScalingBed, true],
    ['Managed instance groups (fake)', fakeGcpBed, false],
  ] as const)('%s', (_name, startBed, isWhole) => {
    const isLong = process.env.RESTOW_SOAK !== undefined;
    /** What clouds do alike is looked at with one of them in the short form, and what their contract has said already not at all. */
    const withOne = test.skipIf(!isWhole && !isLong);
    const inLongForm = test.skipIf(!isLong);
    let cloud: CloudBed;
    let folder: string;
    let stopFollowing: () => Promise<void>;
    const mute = new Set<string>();
    beforeAll(async () => {
      cloud = await startBed();
      stopFollowing = followMachines(
        controlPlane,
        () => cloud.machines(),
        ({ id, group }) => known.has(id) || !mute.has(group),
      );
    });
    afterAll(async () => {
      await stopFollowing?.();
      await cloud?.stop();
    });
    const known = new Set<string>();
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'restow-groups-'));
    });
    afterEach(async () => {
      mute.clear();
      await controlPlane.kubectl(['delete', 'deployment', '--all', '--wait=true']);
      await cloud.reset();
      await untilFound(async () => ((await nodeNames()).length === 0 ? true : null), 'no nodes are left');
      rmSync(folder, { recursive: true, force: true });
    });

    const nodeNames = async () =>
      (await controlPlane.kubectl(['get', 'nodes', '-o', 'name'])).split('\n').filter((name) => name !== '');

    /** Four large nodes with five pods, which would go on two small ones, of which there is one. */
    async function clusterWith(
      large: Partial<GroupSize> = {},
      small: Partial<GroupSize> = {},
      limits: { readonly readyMs?: number; readonly removeMs?: number } = {},
    ): Promise<Plan> {
      const policy = { run: { limits: { readyMs: LONG_MS, removeMs: LONG_MS, ...limits } } };
      writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(policy));
      await cloud.addGroup('large', cloud.large, { desired: 4, least: 0, most: 5, ...large });
      await cloud.addGroup('small', cloud.small, { desired: 1, least: 0, most: 3, ...small });
      for (const { id } of await cloud.machines()) known.add(id);
      await untilFound(async () => ((await nodeNames()).length === 5 ? true : null), 'the nodes have joined');
      await controlPlane.kubectl(['create', '-f', '-'], JSON.stringify(web()));
      await controlPlane.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
      const { code, stderr } = await command('plan', [
        '--policy',
        'policy.yaml',
        '--effort',
        'quick',
        '--save',
        'plan.json',
      ]);
      expect(code, stderr).toBe(0);
      return JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan;
    }
    const command = (name: string, args: readonly string[]) =>
      restow([name, ...args, '--kubeconfig', controlPlane.kubeconfig], {
        cwd: folder,
        env: { ...cloud.env, XDG_STATE_HOME: join(folder, 'state') },
      });
    async function applied(): Promise<Account> {
      const { stdout, stderr } = await command('apply', ['plan.json', '-o', 'json']);
      expect(stdout, stderr).not.toBe('');
      return (JSON.parse(stdout) as { account: Account }).account;
    }
    async function unschedulable(): Promise<string[]> {
      const { items } = JSON.parse(await controlPlane.kubectl(['get', 'nodes', '-o', 'json'])) as {
        items: { metadata: { name: string }; spec: { unschedulable?: boolean } }[];
      };
      return items.filter(({ spec }) => spec.unschedulable === true).map(({ metadata }) => metadata.name);
    }
    /** Every machine that is wanted is a node that takes pods, and costs what the account says. */
    async function allGood(): Promise<void> {
      const machines = await cloud.machines();
      const wanted = [await cloud.wanted('large'), await cloud.wanted('small')];
      expect(wanted).toEqual(['large', 'small'].map((name) => machines.filter(({ group }) => group === name).length));
      expect((await nodeNames()).toSorted()).toEqual(machines.map(({ id }) => `node/${nodeName(id)}`).toSorted());
      expect(await unschedulable()).toEqual([]);
      await allReady();
    }
    async function allReady(): Promise<void> {
      await controlPlane.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    }

    test('nodes are ordered and given back, and the groups want what the plan says', async () => {
      const plan = await clusterWith();
      expect(plan.steps.filter(({ kind }) => kind === 'launch')).toHaveLength(1);
      const account = await applied();
      expect(account).toMatchObject({ outcome: 'target', nodes: { launched: 1, removed: 4 } });
      expect(await cloud.wanted('large')).toBe(0);
      expect(await cloud.wanted('small')).toBe(2);
      const nodes = (await cloud.machines()).map(({ id }) => `node/${nodeName(id)}`);
      expect((await nodeNames()).toSorted()).toEqual(nodes.toSorted());
      await allReady();
    });

    withOne('a group keeps its minimum: what it may not give back takes pods again', async () => {
      await clusterWith({ least: 2 });
      const account = await applied();
      expect(account.failures.map(({ code }) => code)).toContain('remove-minimum');
      expect(await cloud.wanted('large')).toBe(2);
      await allGood();
    });

    inLongForm('a protected machine stays, and the others go', async () => {
      await clusterWith();
      const [first] = (await cloud.machines()).filter(({ group }) => group === 'large');
      await cloud.protect(first!.id);
      const account = await applied();
      expect(account.failures.map(({ code }) => code)).toContain('remove-protected');
      expect(await cloud.wanted('large')).toBe(1);
      expect((await cloud.machines()).map(({ id }) => id)).toContain(first!.id);
      await allGood();
    });

    inLongForm('a group at its most is not raised, and what can be done without it is done', async () => {
      await clusterWith({}, { most: 1 });
      const account = await applied();
      expect(account.nodes).toMatchObject({ launched: 0, notLaunched: 1 });
      expect(account.failures[0]!.reason).toMatch(/wants 1 machines, and 1 at most/);
      await allGood();
    });

    withOne('a machine that never joins is given back', async () => {
      await clusterWith({}, {}, { readyMs: SHORT_MS });
      mute.add('small');
      const account = await applied();
      expect(account.nodes).toMatchObject({ launched: 1, released: 1 });
      expect((await cloud.machines()).every(({ id }) => known.has(id))).toBe(true);
      await allGood();
    });

    withOne(
      'what cannot be had is not wanted any longer, and what can be done without it is done',
      async ({ skip }) => {
        if (cloud.exhaust === null) return skip('this cloud cannot play it');
        await clusterWith();
        cloud.exhaust('small');
        const account = await applied();
        expect(account.nodes).toMatchObject({ launched: 0, notLaunched: 1 });
        expect(account.failures.map(({ code }) => code)).toContain('no-capacity');
        await allGood();
      },
    );

    withOne(
      'a hook that waits: the node is on its way out, is paid for until it lets go, and is said to be so',
      async ({ skip }) => {
        if (cloud.hold === null) return skip('this cloud cannot play it');
        await clusterWith({}, {}, { removeMs: SHORT_MS });
        cloud.hold('large', true);
        const account = await applied();
        expect(account.failures.map(({ code }) => code)).toContain('remove-time-limit');
        expect(await unschedulable()).toHaveLength(4);
        expect(account.left.filter((one) => one.includes('is on its way out'))).toHaveLength(4);
        await allReady();
        cloud.hold('large', false);
      },
    );
  });
});

function web(): object {
  const labels = { app: 'web' };
  const resources = { requests: { cpu: '600m', memory: '512Mi' } };
  const apart = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          topologySpreadConstraints: [apart],
          containers: [{ name: 'main', image: 'registry.example/app', resources }],
        },
      },
    },
  };
}
