import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@restow/model';
import { leftOut, untilFound } from '@restow/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { restow } from '../cli/run-restow.ts';
import { ServeBed } from './serve-bed.ts';
import type { LogLine, Server } from './server.ts';
import { TroubledServer } from './troubled-server.ts';

const COLD_MS = 20 * 60_000;
/** Longer than it takes to be said to be away. */
const AWAY_MS = process.env.RESTOW_SOAK === '1' ? 120_000 : 40_000;
const why = leftOut();
// On two cores with other clusters beside it.
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(why !== null)(why ?? 'restow serve, with schedules', () => {
  let bed: ServeBed;
  beforeAll(async () => {
    bed = await ServeBed.start({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 });
  }, COLD_MS);
  afterAll(async () => bed?.stop());
  beforeEach(async () => bed.begin(), COLD_MS);
  afterEach(async () => bed.end());
  const outcomes = (one: Server) => one.logs.filter(({ msg }) => msg === 'ended').map(({ outcome }) => outcome);
  /** A changed configuration is taken up, or refused and the old one stays in force. */
  async function expectConfigTakenUpWhole(one: Server): Promise<void> {
    const file = join(bed.folder, 'serve.yaml');
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
    const before = (await bed.cluster.nodes()).length;
    const one = bed.serve(bed.configure({ approve: 'auto' }));
    const { run } = await one.logged('a run has ended', ({ msg }) => msg === 'ended');
    expect(outcomes(one)).toEqual(['target']);
    expect(await one.metric('restow_runs_total{schedule="often",outcome="target"}')).toBe(1);
    expect(await one.metric('restow_runs_missed_total{schedule="often",reason="busy"}')).toBeGreaterThan(0);
    expect((await one.get('/readyz')).status).toBe(200);
    expect((await one.get('/healthz')).status).toBe(200);
    await one.logged('the next finds nothing', ({ msg }) => msg === 'there is nothing to gain');
    expect((await bed.cluster.nodes()).length).toBeLessThan(before);
    // One name from the schedule to what the API server is told.
    expect(one.logs.filter((line) => line.run === run).map(({ msg }) => msg)).toEqual(['planned', 'ended']);
    const runs = JSON.parse(
      (await restow(['runs', '-o', 'json'], { env: { XDG_STATE_HOME: join(bed.folder, 'state') } })).stdout,
    );
    expect(runs).toMatchObject([{ run, state: 'target' }]);
    await expectConfigTakenUpWhole(one);
    expect(await one.stop()).toBe(0);
    await bed.expectSavingsAsWatched();
    await bed.expectWell();
  });

  test('told to stop, and killed, in the middle of a run: the next process goes on with it', async () => {
    const file = bed.configure({ approve: 'auto' });
    const first = bed.serve(file);
    await untilFound(async () => (bed.watcher.deletedPods.size >= 2 ? true : null), 'pods have moved', 240_000);
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.logs.map(({ msg }) => msg)).toContain('broken off, to be gone on with');
    const moved = bed.watcher.deletedPods.size;
    const second = bed.serve(file);
    await untilFound(
      async () => (bed.watcher.deletedPods.size >= moved + 2 ? true : null),
      'more pods have moved',
      240_000,
    );
    await second.stop('SIGKILL');
    const third = bed.serve(file);
    const { run } = await third.logged('it has ended', ({ msg }) => msg === 'ended');
    expect(outcomes(third)).toEqual(['target']);
    expect(first.logs.find(({ msg }) => msg === 'planned')?.run).toBe(run);
    await third.stop();
    await bed.expectWell();
  });

  test('behind a bad line nothing wrong is done, and work goes on when the cluster is back', async () => {
    const kubeconfig = join(bed.folder, 'troubled');
    const troubled = await TroubledServer.before(bed.cluster.where[1]!, kubeconfig, seededRandom(1));
    try {
      troubled.trouble = { watchMs: 10_000, forgetsEvery: 3, slowMs: 300 };
      const one = bed.serve(bed.configure({ approve: 'auto' }), ['--kubeconfig', kubeconfig]);
      await one.logged('it is ready', ({ msg }) => msg === 'ready');
      await untilFound(async () => (bed.watcher.deletedPods.size >= 2 ? true : null), 'pods have moved', 240_000);
      troubled.leave();
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      expect((await one.get('/readyz')).status).toBe(503);
      expect((await one.get('/healthz')).status).toBe(200);
      const moved = bed.watcher.deletedPods.size;
      troubled.comeBack();
      await one.logged('it has ended', ({ msg }) => msg === 'ended');
      expect(outcomes(one)).toEqual(['target']);
      expect(bed.watcher.deletedPods.size).toBeGreaterThan(moved);
      await one.logged('the next finds nothing', ({ msg }) => msg === 'there is nothing to gain');
      expect((await one.get('/readyz')).status).toBe(200);
      for (const count of Object.values(troubled.counts)) expect(count).toBeGreaterThan(0);
      expect(await one.stop()).toBe(0);
      await bed.expectSavingsAsWatched();
      // What came and went meanwhile is not known, and nothing is made up for it.
      const { stdout } = await restow(['report', 'summary', '--ledger', bed.ledger, '--from', '1h', '-o', 'json']);
      const { missing } = JSON.parse(stdout) as { missing: { from: number; until: number; why: string }[] };
      const unseen = missing.filter(({ why: reason }) => reason === 'nobody looked on');
      expect(unseen.reduce((sum, { from, until }) => sum + until - from, 0)).toBeGreaterThan(AWAY_MS / 2);
      await bed.expectWell();
    } finally {
      await troubled.close();
    }
  });

  test('a plan waits for approval, is replaced by a newer one, and begins when it is approved; a pause is obeyed', async () => {
    const state = { XDG_STATE_HOME: join(bed.folder, 'state') };
    const person = (...args: string[]) => restow([...args, ...bed.cluster.where], { env: state });
    await person('pause', '--reason', 'a test');
    const one = bed.serve(bed.configure({ approve: 'manual' }));
    await one.logged('it is missed', ({ reason }) => reason === 'paused');
    expect((await person('approve')).stdout).toMatch(/nothing waits/);
    await person('resume');
    await one.logged('a plan waits', ({ msg }) => msg === 'waits for restow approve');
    const from = one.logs.length;
    await one.logged('a newer plan waits', ({ msg }) => msg === 'waits for restow approve', from);
    const waiting = JSON.parse((await person('approve', '-o', 'json')).stdout) as { runId: string }[];
    expect(waiting).toHaveLength(1);
    expect(waiting[0]).toMatchObject({ schedule: 'often', savingMicrosPerHour: expect.any(Number) });
    expect(bed.watcher.deletedPods.size).toBe(0);
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
    await bed.expectWell();
  });
});
