import { untilFound } from '@restow/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ServeBed } from './serve-bed.ts';
import type { LogLine, Server } from './server.ts';

const SOAK = process.env.RESTOW_SOAK === '1';
const MINUTE_MS = 60_000;
const MINUTES = 8;
/** So late at most is what was due, on two cores. */
const LATE_MS = 5_000;
const LEAST_SAVING = 0.03;
vi.setConfig({ testTimeout: 30 * MINUTE_MS });

/** Replicas of a Deployment, minute by minute, beside what it has at least. */
const LOAD = [0, 6, 10, 3, 0, 8, 2, 0];

describe.skipIf(!SOAK)('restow serve every minute, while the load changes for eight', () => {
  let bed: ServeBed;
  beforeAll(async () => {
    bed = await ServeBed.start({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 });
  }, 20 * MINUTE_MS);
  afterAll(async () => bed?.stop());
  beforeEach(async () => bed.begin(), 20 * MINUTE_MS);
  afterEach(async () => bed.end());

  /** What became of each run that was due. */
  const answers = (logs: readonly LogLine[]) => {
    const said = new Set(['planned', 'there is nothing to gain', 'a run was due and is missed', 'failed']);
    return logs.filter(({ msg, schedule }) => schedule === 'often' && said.has(msg));
  };
  /** When it was begun: a run's name says that. */
  const begunAt = ({ run, time }: LogLine): number => {
    const stamp = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/
      .exec(run ?? '')
      ?.slice(1)
      .map(Number);
    if (stamp === undefined) return time;
    const [year, month, day, hour, minute, second] = stamp as [number, number, number, number, number, number];
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  const killedInARun = async (one: Server, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const isPlanned = () => one.logs.at(-1)?.msg === 'planned';
    let before = Number.POSITIVE_INFINITY;
    const look = async (): Promise<true | null> => {
      const { size } = bed.watcher.deletedPods;
      if (!isPlanned()) before = Number.POSITIVE_INFINITY;
      else before = Math.min(before, size);
      return size > before ? true : null;
    };
    await untilFound(look, 'a run moves pods', 4 * MINUTE_MS);
    await one.stop(signal);
  };

  test('on time, never two at once, in its window, for no less than it must save; killed, it goes on', async () => {
    const { kubectl } = bed.cluster.controlPlane;
    const scaled = [...bed.cluster.workloads.replicas].find(([, count]) => count >= 5)!;
    const [name, least] = [scaled[0].toLowerCase(), scaled[1]];
    const minuteOf = (at: number) => Math.floor(at / MINUTE_MS);
    const clock = (minute: number) => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
    const opensAt = minuteOf(Date.now()) + 2;
    const window = { from: clock(opensAt), to: clock(opensAt + 60), timeZone: 'UTC' };
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    const run = { limits: { pendingMs: 20_000 }, budgets: { podsPerMinute: 30 }, windows: [{ days, ...window }] };
    const policy = { minimumSavingFraction: LEAST_SAVING, run };
    const file = bed.configure({ cron: '* * * * *', approve: 'auto' }, policy);
    const servers = [bed.serve(file)];
    const began = Date.now();
    const changing = (async () => {
      for (const [minute, more] of LOAD.entries()) {
        await kubectl(['scale', name, '-n', 'default', `--replicas=${least + more}`]);
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + (minute + 1) * MINUTE_MS - Date.now())));
      }
    })();
    await servers[0]!.logged('outside its window it is missed', ({ reason }) => reason === 'window');
    expect(bed.watcher.deletedPods.size).toBe(0);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await killedInARun(servers.at(-1)!, signal);
      servers.push(bed.serve(file));
      await servers.at(-1)!.logged('it goes on with the run', ({ msg }) => msg.startsWith('goes on with a run'));
    }
    await changing;
    const last = servers.at(-1)!;
    await untilFound(async () => (Date.now() - began > MINUTES * MINUTE_MS ? true : null), 'eight minutes are over');
    const from = last.logs.length;
    await last.logged('nothing is left to gain', ({ msg }) => msg === 'there is nothing to gain', from);
    await last.stop();

    for (const { logs } of servers) {
      let isBusy = false;
      for (const { msg } of logs) {
        if (msg === 'planned' || msg.startsWith('goes on with a run')) {
          expect(isBusy).toBe(false);
          isBusy = true;
        }
        if (msg === 'ended' || msg === 'broken off, to be gone on with') isBusy = false;
      }
      // Every minute once, when it begins; the last one may have been cut off before it was answered.
      const begun = answers(logs).map(begunAt);
      for (const at of begun) expect(at % MINUTE_MS).toBeLessThan(LATE_MS);
      const there = logs.find(({ msg }) => msg === 'ready')!.time;
      const first = Math.ceil(there / MINUTE_MS);
      const until = begun.length === 0 ? first : minuteOf(begun.at(-1)!) + 1;
      expect(begun.map(minuteOf)).toEqual(Array.from({ length: until - first }, (_, index) => first + index));
      expect(until).toBeGreaterThanOrEqual(minuteOf(logs.at(-1)!.time));
    }
    const planned = servers.flatMap(({ logs }) => logs.filter(({ msg }) => msg === 'planned'));
    expect(planned.length).toBeGreaterThanOrEqual(2);
    for (const { time, savingMicrosPerHour } of planned) {
      expect(minuteOf(time)).toBeGreaterThanOrEqual(opensAt);
      expect(savingMicrosPerHour).toBeGreaterThan(0);
    }
    const ended = servers.flatMap(({ logs }) => logs.filter(({ msg }) => msg === 'ended'));
    expect(ended.length).toBeGreaterThanOrEqual(2);
    for (const { microsPerHour } of ended) {
      const { before, promised } = microsPerHour!;
      expect(before - promised).toBeGreaterThanOrEqual(LEAST_SAVING * before);
    }
    expect(servers.flatMap(({ logs }) => logs.filter(({ msg }) => msg === 'failed'))).toEqual([]);
    await bed.expectSavingsAsWatched({ others: true });
    await bed.expectWell();
  });
});
