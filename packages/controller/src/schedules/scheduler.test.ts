import type { Account } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import type { Plan } from '@restow/model';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Schedule } from '../config/serve-config.ts';
import { Metrics } from '../observe/metrics.ts';
import type { RunPorts } from './run-ports.ts';
import { Scheduler } from './scheduler.ts';

const MINUTE = 60_000;
const schedule = (more: Partial<Schedule> = {}): Schedule => ({
  name: 'hourly',
  cron: '0 * * * *',
  timeZone: 'UTC',
  approve: 'auto',
  effort: 'quick',
  policy: null,
  ...more,
});
const planOf = (steps: number): Plan =>
  ({
    steps: Array.from({ length: steps }, () => ({ kind: 'move' })),
    summary: { currency: 'USD', microsPerHour: { before: 3_000_000, after: 1_000_000 } },
  }) as unknown as Plan;
const ACCOUNT = {
  outcome: 'target',
  currency: 'USD',
  microsPerHour: { before: 3_000_000, promised: 1_000_000, now: 1_500_000 },
  moves: { promised: 4, made: 3, elsewhere: 0, failed: 1 },
  nodes: { launched: 1, removed: 2, released: 0, notLaunched: 0 },
  reasons: [],
  left: [],
} as unknown as Account;

/** A cluster that does what the test says. */
class FakeRuns implements RunPorts {
  readonly did: string[] = [];
  readonly approved = new Set<string>();
  readonly shown = new Set<string>();
  pausedBecause: string | null = null;
  windowIsOpen = true;
  steps = 4;
  planMs = 0;
  broken: string[] = [];
  hold: Promise<void> = Promise.resolve();
  #runs = 0;

  newRunId(): string {
    return `run-${++this.#runs}`;
  }
  async paused(): Promise<string | null> {
    return this.pausedBecause;
  }
  async isOpen(): Promise<boolean> {
    return this.windowIsOpen;
  }
  async plan(_schedule: Schedule, runId: string, signal: AbortSignal): Promise<Plan> {
    this.did.push(`plan ${runId}`);
    if (this.planMs > 0) await sleepMs(this.planMs, signal);
    return planOf(this.steps);
  }
  async apply({ runId }: { readonly runId: string }, signal: AbortSignal): Promise<Account> {
    this.did.push(`apply ${runId}`);
    await Promise.race([
      this.hold,
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]);
    return ACCOUNT;
  }
  async brokenOff(): Promise<readonly string[]> {
    return this.broken;
  }
  async resume(runId: string): Promise<Account> {
    this.did.push(`resume ${runId}`);
    await this.hold;
    return ACCOUNT;
  }
  async propose({ runId }: { readonly runId: string }): Promise<void> {
    this.shown.add(runId);
  }
  async proposed(): Promise<readonly string[]> {
    return [...this.shown];
  }
  async isApproved(runId: string): Promise<boolean> {
    return this.approved.has(runId);
  }
  async takeBack(runId: string): Promise<void> {
    this.shown.delete(runId);
  }
}

let runs: FakeRuns;
let metrics: Metrics;
let scheduler: Scheduler;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-01T11:59:00Z') });
  runs = new FakeRuns();
  metrics = new Metrics();
  scheduler = new Scheduler({ ports: runs, metrics, log: pino({ level: 'silent' }), now: Date.now });
});
afterEach(async () => {
  await scheduler.stop();
  vi.useRealTimers();
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const figure = async (text: string) => {
  const line = (await metrics.registry.metrics()).split('\n').find((one) => one.startsWith(`${text} `));
  return line === undefined ? null : Number(line.split(' ').at(-1));
};

test('plans and carries out when it is time, and tells the figures', async () => {
  scheduler.start([schedule()]);
  await pass(MINUTE / 2);
  expect(runs.did).toEqual([]);
  await pass(MINUTE);
  expect(runs.did).toEqual(['plan run-1', 'apply run-1']);
  expect(await figure('restow_runs_total{schedule="hourly",outcome="target"}')).toBe(1);
  expect(await figure('restow_saving_promised_per_hour{schedule="hourly",currency="USD"}')).toBe(2);
  expect(await figure('restow_saving_achieved_per_hour{schedule="hourly",currency="USD"}')).toBe(1.5);
  expect(await figure('restow_pod_moves_total{outcome="failed"}')).toBe(1);
  expect(await figure('restow_run_in_progress')).toBe(0);
  await pass(60 * MINUTE);
  expect(runs.did).toHaveLength(4);
});

test('the time is that of the time zone', async () => {
  scheduler.start([schedule({ cron: '0 13 * * *', timeZone: 'Europe/Berlin' })]);
  await pass(2 * MINUTE);
  expect(runs.did).toEqual(['plan run-1', 'apply run-1']);
});

test('never two at once: what is due meanwhile is missed', async () => {
  const held = Promise.withResolvers<void>();
  runs.hold = held.promise;
  scheduler.start([schedule(), schedule({ name: 'other', cron: '30 * * * *' })]);
  await pass(40 * MINUTE);
  expect(scheduler.current).toBe('hourly');
  expect(runs.did).toEqual(['plan run-1', 'apply run-1']);
  expect(await figure('restow_runs_missed_total{schedule="other",reason="busy"}')).toBe(1);
  held.resolve();
  await pass(60 * MINUTE);
  expect(runs.did.filter((one) => one.startsWith('apply'))).toHaveLength(3);
});

test('a pause, and nothing to gain', async () => {
  runs.pausedBecause = 'release night';
  scheduler.start([schedule()]);
  await pass(2 * MINUTE);
  expect(runs.did).toEqual([]);
  expect(await figure('restow_runs_missed_total{schedule="hourly",reason="paused"}')).toBe(1);
  runs.pausedBecause = null;
  runs.steps = 0;
  await pass(60 * MINUTE);
  expect(runs.did).toEqual(['plan run-2']);
  expect(await figure('restow_runs_total{schedule="hourly",outcome="nothing-to-gain"}')).toBe(1);
});

test('outside the windows nothing is planned that nobody looks at, and a plan for somebody is', async () => {
  runs.windowIsOpen = false;
  scheduler.start([schedule(), schedule({ name: 'asked', approve: 'manual', cron: '30 * * * *' })]);
  await pass(2 * MINUTE);
  expect(runs.did).toEqual([]);
  expect(await figure('restow_runs_missed_total{schedule="hourly",reason="window"}')).toBe(1);
  await pass(30 * MINUTE);
  expect(runs.did).toEqual(['plan run-2']);
  expect([...runs.shown]).toEqual(['run-2']);
});

test('a plan that waits is replaced by the next one, and begins only by its own name', async () => {
  scheduler.start([schedule({ approve: 'manual' })]);
  await pass(2 * MINUTE);
  expect([...runs.shown]).toEqual(['run-1']);
  await pass(60 * MINUTE);
  expect([...runs.shown]).toEqual(['run-2']);
  runs.approved.add('run-1');
  await pass(MINUTE);
  expect(runs.did).toEqual(['plan run-1', 'plan run-2']);
  expect(await figure('restow_runs_awaiting_approval{schedule="hourly"}')).toBe(1);
  runs.approved.add('run-2');
  await pass(MINUTE / 10);
  expect(runs.did.at(-1)).toBe('apply run-2');
  expect([...runs.shown]).toEqual([]);
  expect(await figure('restow_runs_awaiting_approval{schedule="hourly"}')).toBe(0);
});

test('planning that takes longer than its schedule does not keep an approved plan waiting', async () => {
  runs.planMs = 59_000;
  scheduler.start([schedule({ approve: 'manual', cron: '* * * * *' })]);
  await pass(2 * MINUTE);
  const [first] = runs.shown;
  // Approved while the next one is planned.
  await pass(20_000);
  runs.approved.add(first!);
  await pass(2 * MINUTE);
  expect(runs.did).toContain(`apply ${first}`);
  expect(runs.did.filter((one) => one.startsWith('apply'))).toHaveLength(1);
});

test('what was broken off is gone on with first', async () => {
  const held = Promise.withResolvers<void>();
  runs.hold = held.promise;
  runs.broken = ['old-1', 'old-2'];
  scheduler.start([schedule()]);
  await pass(2 * MINUTE);
  expect(runs.did).toEqual(['resume old-1']);
  held.resolve();
  await pass(MINUTE);
  expect(runs.did).toEqual(['resume old-1', 'resume old-2']);
});

test('what waits when its process ends can be approved by nobody any more, however that has ended', async () => {
  runs.shown.add('of-one-that-was-killed');
  scheduler.start([schedule({ approve: 'manual' })]);
  await pass(2 * MINUTE);
  expect([...runs.shown]).toEqual(['run-1']);
  await scheduler.stop();
  expect([...runs.shown]).toEqual([]);
});

test('told to stop, it breaks off what goes on and begins nothing more', async () => {
  runs.hold = new Promise(() => {});
  scheduler.start([schedule()]);
  await pass(2 * MINUTE);
  await scheduler.stop();
  expect(scheduler.current).toBeNull();
  await pass(60 * MINUTE);
  expect(runs.did).toEqual(['plan run-1', 'apply run-1']);
  expect(await figure('restow_runs_total{schedule="hourly",outcome="failed"}')).toBeNull();
});

test('other schedules take the place of the old ones, and what these had waiting is taken back', async () => {
  scheduler.start([schedule({ approve: 'manual' })]);
  await pass(2 * MINUTE);
  scheduler.keepTo([schedule({ name: 'new', cron: '10 * * * *' })]);
  await pass(15 * MINUTE);
  expect([...runs.shown]).toEqual([]);
  expect(runs.did).toEqual(['plan run-1', 'plan run-2', 'apply run-2']);
});
