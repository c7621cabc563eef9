import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOut, untilFound } from '@restow/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isReady, type KarpenterCluster, marksOn, startKarpenterCluster } from '../apply/karpenter-cluster.ts';
import { Watcher } from '../apply/watcher.ts';
import { restow } from '../cli/run-restow.ts';
import { type LogLine, Server } from './server.ts';

const COLD_MS = 20 * 60_000;
const why = leftOut();
// On two cores with other clusters beside it.
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(why !== null)(why ?? 'restow serve, with schedules', () => {
  let cluster: KarpenterCluster;
  let folder: string;
  let watcher: Watcher;
  let server: Server | null = null;
  let fragmented = true;
  beforeAll(async () => {
    cluster = await startKarpenterCluster({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 });
  }, COLD_MS);
  afterAll(async () => cluster?.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'restow-serve-'));
    if (!fragmented) await cluster.fragment();
    fragmented = false;
    watcher = await Watcher.open(cluster.controlPlane.kubeconfig, cluster.workloads.replicas);
  }, COLD_MS);
  afterEach(async () => {
    await server?.stop('SIGKILL');
    server = null;
    await watcher.close();
    expect(watcher.problems).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  const configure = (schedule: object): string => {
    const file = join(folder, 'serve.yaml');
    writeFileSync(
      join(folder, 'policy.yaml'),
      'run: { limits: { pendingMs: 20000 }, budgets: { podsPerMinute: null } }\n',
    );
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      prices: [cluster.prices[1]],
      ledger: 'ledger.sqlite',
      schedules: [{ name: 'often', cron: '*/10 * * * * *', effort: 'quick', policy: 'policy.yaml', ...schedule }],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const serve = (file: string): Server => {
    server = new Server(['--config', file, ...cluster.where], { XDG_STATE_HOME: join(folder, 'state') });
    return server;
  };
  const outcomes = (one: Server) => one.logs.filter(({ msg }) => msg === 'ended').map(({ outcome }) => outcome);
  async function expectWell(): Promise<void> {
    await untilFound(async () => {
      const pods = await cluster.pods();
      return pods.length === cluster.workloads.pods && pods.every(isReady) ? true : null;
    }, 'all pods are ready');
    expect(marksOn(await cluster.nodes())).toEqual([]);
  }

  /** By Node events alone: what is gone is saved, what has come is paid, half an hour from now. */
  async function expectSavingsAsWatched(): Promise<void> {
    const rows = readFileSync(cluster.prices[1]!.slice('file:'.length), 'utf8').trim().split('\n');
    const prices = new Map(
      rows.slice(1).map((row) => {
        const [type, _zone, capacityType, ...cells] = row.split(',');
        return [`${type} ${capacityType}`, Number(cells.at(-1))];
      }),
    );
    const to = Date.now() + 1_800_000;
    let saved = 0;
    for (const { labels, addedAt, goneAt } of watcher.nodes.values()) {
      const hours = ((goneAt === null ? 0 : to - goneAt) - (addedAt === null ? 0 : to - addedAt)) / 3_600_000;
      const what = ['node.kubernetes.io/instance-type', 'karpenter.sh/capacity-type'];
      saved += hours * prices.get(what.map((label) => labels[label]).join(' '))!;
    }
    const where = ['--ledger', join(folder, 'ledger.sqlite'), '--to', new Date(to).toISOString()];
    const { stdout, stderr } = await restow(['report', 'savings', ...where, '-o', 'json']);
    expect(stderr).toBe('');
    const { total } = JSON.parse(stdout) as { total: { realisedLow: number; realisedHigh: number } };
    expect(saved).toBeGreaterThan(0);
    for (const micros of [total.realisedLow, total.realisedHigh]) {
      expect(Math.abs(micros / 1e6 - saved)).toBeLessThan(saved / 100);
    }
    expect((await restow(['ledger', 'verify', where[1]!])).code).toBe(0);
  }

  /** A changed configuration is taken up, or refused and the old one stays in force. */
  async function expectConfigTakenUpWhole(one: Server): Promise<void> {
    const file = join(folder, 'serve.yaml');
    const text = readFileSync(file, 'utf8');
    let from = one.logs.length;
    writeFileSync(file, text.replace('*/10 * * * * *', 'now and then'));
    await one.logged('it is refused', ({ msg }) => msg.includes('the old one stays in force'), from);
    expect(await one.metric('restow_config_valid')).toBe(0);
    from = one.logs.length;
    await one.logged('the old one goes on', ({ schedule }) => schedule === 'often', from);
    writeFileSync(file, text.replace('"often"', '"other"'));
    await one.logged('it is taken up', ({ msg }) => msg === 'the configuration was changed', from);
    expect(await one.metric('restow_config_valid')).toBe(1);
    from = one.logs.length;
    const isNew = ({ schedule, msg }: LogLine) => schedule === 'other' && msg === 'there is nothing to gain';
    const first = await one.logged('the new one is in force', isNew, from);
    // A run of the old one may have gone on until then.
    await one.logged('and again', isNew, one.logs.indexOf(first) + 1);
    expect(one.logs.slice(one.logs.indexOf(first)).some(({ schedule }) => schedule === 'often')).toBe(false);
  }

  test('what is due is done, once, and what is due meanwhile is missed and said to be so', async () => {
    const before = (await cluster.nodes()).length;
    const one = serve(configure({ approve: 'auto' }));
    const { run } = await one.logged('a run has ended', ({ msg }) => msg === 'ended');
    expect(outcomes(one)).toEqual(['target']);
    expect(await one.metric('restow_runs_total{schedule="often",outcome="target"}')).toBe(1);
    expect(await one.metric('restow_runs_missed_total{schedule="often",reason="busy"}')).toBeGreaterThan(0);
    expect((await one.get('/readyz')).status).toBe(200);
    expect((await one.get('/healthz')).status).toBe(200);
    await one.logged('the next finds nothing', ({ msg }) => msg === 'there is nothing to gain');
    expect((await cluster.nodes()).length).toBeLessThan(before);
    // One name from the schedule to what the API server is told.
    expect(one.logs.filter((line) => line.run === run).map(({ msg }) => msg)).toEqual(['planned', 'ended']);
    const runs = JSON.parse(
      (await restow(['runs', '-o', 'json'], { env: { XDG_STATE_HOME: join(folder, 'state') } })).stdout,
    );
    expect(runs).toMatchObject([{ run, state: 'target' }]);
    await expectConfigTakenUpWhole(one);
    expect(await one.stop()).toBe(0);
    await expectSavingsAsWatched();
    await expectWell();
  });

  test('told to stop, and killed, in the middle of a run: the next process goes on with it', async () => {
    const file = configure({ approve: 'auto' });
    const first = serve(file);
    await untilFound(async () => (watcher.deletedPods.size >= 2 ? true : null), 'pods have moved', 240_000);
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.logs.map(({ msg }) => msg)).toContain('broken off, to be gone on with');
    const moved = watcher.deletedPods.size;
    const second = serve(file);
    await untilFound(
      async () => (watcher.deletedPods.size >= moved + 2 ? true : null),
      'more pods have moved',
      240_000,
    );
    await second.stop('SIGKILL');
    const third = serve(file);
    const { run } = await third.logged('it has ended', ({ msg }) => msg === 'ended');
    expect(outcomes(third)).toEqual(['target']);
    expect(first.logs.find(({ msg }) => msg === 'planned')?.run).toBe(run);
    await third.stop();
    await expectWell();
  });

  test('a plan waits for approval, is replaced by a newer one, and begins when it is approved; a pause is obeyed', async () => {
    const state = { XDG_STATE_HOME: join(folder, 'state') };
    const person = (...args: string[]) => restow([...args, ...cluster.where], { env: state });
    await person('pause', '--reason', 'a test');
    const one = serve(configure({ approve: 'manual' }));
    await one.logged('it is missed', ({ reason }) => reason === 'paused');
    expect((await person('approve')).stdout).toMatch(/nothing waits/);
    await person('resume');
    await one.logged('a plan waits', ({ msg }) => msg === 'waits for restow approve');
    const from = one.logs.length;
    await one.logged('a newer plan waits', ({ msg }) => msg === 'waits for restow approve', from);
    const waiting = JSON.parse((await person('approve', '-o', 'json')).stdout) as { runId: string }[];
    expect(waiting).toHaveLength(1);
    expect(waiting[0]).toMatchObject({ schedule: 'often', savingMicrosPerHour: expect.any(Number) });
    expect(watcher.deletedPods.size).toBe(0);
    expect((await person('approve', 'nobody')).code).toBe(2);
    // It may have been replaced by a newer one meanwhile.
    await untilFound(
      async () => {
        const [newest] = JSON.parse((await person('approve', '-o', 'json')).stdout) as { runId: string }[];
        if (newest !== undefined) await person('approve', newest.runId);
        return one.logs.some(({ msg }) => msg === 'approved') ? true : null;
      },
      'it is approved',
      240_000,
    );
    await one.logged('it has ended', ({ msg }) => msg === 'ended');
    expect(outcomes(one)).toEqual(['target']);
    await one.stop();
    await expectWell();
  });
});
