import type { Account, Notice } from '@restow/executor';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServeConfig } from '../config/serve-config.ts';
import { Metrics } from '../observe/metrics.ts';
import type { EvacuationOrder, EvacuationPorts } from './evacuation-ports.ts';
import { Evacuator } from './evacuator.ts';

const ACCOUNT = {
  outcome: 'target',
  moves: { promised: 1, made: 1, elsewhere: 0, failed: 0 },
  nodes: { launched: 0, removed: 0, released: 0, notLaunched: 0 },
  reasons: [],
  failures: [],
  left: [],
  stallMs: { promised: 0, measured: 0 },
} as unknown as Account;
const ALL: ServeConfig['evacuations'] = {
  on: ['spot-interruption', 'reservation-interruption', 'rebalance-hint', 'maintenance', 'going', 'person'],
  policy: null,
};

let posted: Notice[] = [];
let orders: EvacuationOrder[] = [];
let carryOut: (order: EvacuationOrder) => Promise<Account | null>;
let config = ALL;
let ways: string[] = [];
let evacuator: Evacuator;
let metrics: Metrics;

const notice = (node: string, kind: Notice['kind'], withinMs: number | null): Notice => {
  return { id: `${node} ${kind}`, kind, node, deadline: withinMs === null ? null : Date.now() + withinMs };
};
const overtakenOnce = (order: EvacuationOrder) =>
  new Promise<Account>((resolve) => {
    const timer = setInterval(() => {
      if (!order.isOvertaken()) return;
      clearInterval(timer);
      resolve(ACCOUNT);
    }, 10);
  });
const counted = async (name: string) =>
  (await metrics.registry.getMetricsAsJSON()).find((one) => one.name === name)!.values;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  posted = [];
  orders = [];
  ways = [];
  config = ALL;
  carryOut = async () => ACCOUNT;
  metrics = new Metrics();
  let runs = 0;
  const ports: EvacuationPorts = {
    newRunId: () => `run-${++runs}`,
    notices: () => posted,
    evacuate: (order, signal) => {
      orders.push(order);
      ways.push('evacuate');
      const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return Promise.race([carryOut(order), stopped]);
    },
  };
  const giveWay = async () => {
    ways.push('give way');
    return () => void ways.push('go on');
  };
  const log = pino({ level: 'silent' });
  evacuator = new Evacuator({ ports, metrics, log, now: Date.now, config: () => config, giveWay });
  evacuator.start();
});
afterEach(async () => {
  await evacuator.stop();
  vi.useRealTimers();
});

test('everything else gives way, all nodes that go are seen to together, once, and then it goes on', async () => {
  posted = [notice('a', 'spot-interruption', 120_000), notice('b', 'maintenance', null)];
  await vi.advanceTimersByTimeAsync(30_000);
  expect(ways).toEqual(['give way', 'evacuate', 'go on']);
  const [a, b] = orders[0]!.nodes;
  expect(a).toEqual({ name: 'a', kind: 'spot-interruption', deadline: 1_000_000 + 120_000 });
  expect(b).toMatchObject({ name: 'b', kind: 'maintenance' });
  expect(b!.deadline).toBeGreaterThan(a!.deadline);
  // Long after, the notice that says no time is still there.
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(orders.length).toBe(1);
  expect(await counted('restow_notices_total')).toMatchObject([
    { labels: { kind: 'spot-interruption' }, value: 1 },
    { labels: { kind: 'maintenance' }, value: 1 },
  ]);
  expect(await counted('restow_evacuations_total')).toMatchObject([{ labels: { outcome: 'target' }, value: 1 }]);
});

test('a notice that comes meanwhile ends what goes on in good order, and all nodes are seen to', async () => {
  carryOut = overtakenOnce;
  posted = [notice('a', 'spot-interruption', 120_000)];
  await vi.advanceTimersByTimeAsync(5_000);
  posted = [...posted, notice('b', 'spot-interruption', 30_000)];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(orders.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([['a'], ['a', 'b']]);
  expect(ways).toEqual(['give way', 'evacuate', 'evacuate']);
});

test('a hint becomes an interruption: less time, and it begins again; another word of the same is nothing new', async () => {
  posted = [notice('a', 'rebalance-hint', null)];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(orders.length).toBe(1);
  posted = [...posted, notice('a', 'spot-interruption', 120_000)];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(orders.length).toBe(2);
  expect(orders[1]!.nodes).toMatchObject([{ name: 'a', kind: 'spot-interruption' }]);
  posted = [...posted, notice('a', 'going', 119_900)];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(orders.length).toBe(2);
});

test('what the configuration does not name, and what is over, moves nothing', async () => {
  config = { ...ALL, on: ['spot-interruption'] };
  posted = [notice('a', 'rebalance-hint', null), notice('b', 'spot-interruption', -1)];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(orders).toEqual([]);
  expect(ways).toEqual([]);
});

test('what could not be done is tried again for as long as there is time', async () => {
  let tries = 0;
  carryOut = async () => {
    if (++tries < 3) throw new Error('the cluster does not answer');
    return ACCOUNT;
  };
  posted = [notice('a', 'spot-interruption', 120_000)];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(orders.length).toBe(3);
  expect(ways.filter((one) => one !== 'evacuate')).toEqual(['give way', 'go on']);
  expect(await counted('restow_evacuations_total')).toMatchObject([
    { labels: { outcome: 'failed' }, value: 2 },
    { labels: { outcome: 'target' }, value: 1 },
  ]);
  // Never when it is over.
  carryOut = async () => Promise.reject(new Error('never'));
  posted = [notice('b', 'spot-interruption', 5_000)];
  await vi.advanceTimersByTimeAsync(120_000);
  expect(orders.length).toBeLessThan(10);
});
