import { expect, test } from 'vitest';
import type { Body, BodyOf } from '../ledger/entry.ts';
import { savings } from './savings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PERIOD = { from: 0, to: 10 * HOUR };

const nodeOf = (uid: string, from: number, until: number, microsPerHour: number): Body => ({
  kind: 'node',
  ...{ uid, name: uid, from, until, instanceType: 'm', zone: null, capacityType: 'spot', group: null },
  ...{ cpuMilli: 1, memoryBytes: 1, gpus: 0, microsPerHour, listMicrosPerHour: microsPerHour },
});
const runOf = (more: Partial<BodyOf<'run'>>): BodyOf<'run'> => ({
  kind: 'run',
  ...{
    run: 'r',
    purpose: 'rebalance',
    startedAt: HOUR,
    endedAt: 2 * HOUR,
    outcome: 'target',
    reasons: [],
    surgeMicros: 0,
  },
  promised: {
    microsPerHour: 10,
    listMicrosPerHour: 12,
    effectiveMicrosPerHour: null,
    cashMicrosPerHour: { low: 8, high: 10 },
  },
  removed: [],
  launched: [],
  ...more,
});
const removed = (at: number, microsPerHour: number | null) => ({ node: 'old', uid: 'old', microsPerHour, at });
const realised = (bodies: readonly Body[], period = PERIOD) => savings(bodies, period).realisedMicros;

test('the price of what is gone for as long as it is, less that of what was launched for as long as it is there', () => {
  const launched = [{ node: 'new', uid: 'new', microsPerHour: 30, from: HOUR, until: null }];
  const run = runOf({ removed: [removed(2 * HOUR, 100), removed(3 * HOUR, 50)], launched });
  const there = nodeOf('new', HOUR, 10 * HOUR, 30);
  expect(realised([run, there])).toEqual({ low: 800 + 350 - 270, high: 800 + 350 - 270 });
  // Somebody removes what was launched, five hours later.
  expect(realised([run, nodeOf('new', HOUR, 6 * HOUR, 30)])).toEqual({ low: 1_150 - 150, high: 1_150 - 150 });
  expect(realised([run, there], { from: 0, to: 2 * HOUR })).toEqual({ low: -30, high: -30 });
});

test('what comes back may be because of the run, or not: a range, and never more than what was removed', () => {
  const run = runOf({ removed: [removed(2 * HOUR, 100)] });
  const before = nodeOf('stays', 0, 10 * HOUR, 500);
  const back = (micros: number) => nodeOf('back', 4 * HOUR, 10 * HOUR, micros);
  expect(realised([run, before, back(60)])).toEqual({ low: 800 - 360, high: 800 });
  // More than was removed is growth.
  expect(realised([run, before, back(900)])).toEqual({ low: 800 - 600, high: 800 });
  const second = runOf({ run: 's', startedAt: 5 * HOUR, endedAt: 6 * HOUR, removed: [removed(6 * HOUR, 10)] });
  // It came before the second one.
  const both = savings([second, run, back(60)], PERIOD);
  expect(both.runs.map(({ run: name, backMicros }) => [name, backMicros])).toEqual([
    ['r', 360],
    ['s', 0],
  ]);
});

test('what comes back and is removed again saves once, and so does what was launched and is removed later', () => {
  const run = runOf({ removed: [removed(2 * HOUR, 100)] });
  const again = { node: 'back', uid: 'back', microsPerHour: 100, at: 6 * HOUR };
  const second = runOf({ run: 's', startedAt: 5 * HOUR, endedAt: 6 * HOUR, removed: [again] });
  // Two hours without the first, four without the second; or both would have been there.
  expect(realised([run, second, nodeOf('back', 4 * HOUR, 6 * HOUR, 100)])).toEqual({ low: 200 + 400, high: 800 + 400 });
  const launched = [{ node: 'back', uid: 'back', microsPerHour: 100, from: 4 * HOUR, until: null }];
  const first = runOf({ removed: [removed(2 * HOUR, 150)], launched });
  expect(realised([first, second, nodeOf('back', 4 * HOUR, 6 * HOUR, 100)]).high).toBe(1_200 - 600 + 400);
});

test('a node is not taken to have stayed for ever, and what has no price is counted as such', () => {
  const run = runOf({ removed: [removed(0, 100), removed(0, null)] });
  const [one] = savings([run], { from: 0, to: 90 * DAY }).runs;
  expect(one).toMatchObject({ avoidedMicros: 100 * 30 * 24, unpriced: 1, removed: 2 });
});
