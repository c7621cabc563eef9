import { policySchema, type RunWindow } from '@restow/model';
import { expect, test } from 'vitest';
import { isOpen } from './windows.ts';

const window = (change: Partial<RunWindow>): RunWindow => ({
  days: [],
  from: '22:00',
  to: '05:00',
  timeZone: 'UTC',
  ...change,
});
const at = (text: string) => Date.parse(text);

test('without windows it is always open', () => {
  expect(isOpen([], 0)).toBe(true);
});

test.each([
  ['2026-01-05T21:59:59Z', false],
  ['2026-01-05T22:00:00Z', true],
  ['2026-01-06T04:59:59Z', true],
  ['2026-01-06T05:00:00Z', false],
])('a window over midnight at %s: %s', (time, open) => {
  expect(isOpen([window({})], at(time))).toBe(open);
});

test('a window over midnight belongs to the day on which it opens', () => {
  const friday = [window({ days: ['fri'] })];
  expect(isOpen(friday, at('2026-01-09T23:00:00Z'))).toBe(true);
  expect(isOpen(friday, at('2026-01-10T04:00:00Z'))).toBe(true);
  expect(isOpen(friday, at('2026-01-09T04:00:00Z'))).toBe(false);
  expect(isOpen(friday, at('2026-01-10T23:00:00Z'))).toBe(false);
});

test('hours are those of the wall clock, in summer and in winter', () => {
  const berlin = [window({ from: '09:00', to: '10:00', timeZone: 'Europe/Berlin' })];
  expect(isOpen(berlin, at('2026-01-05T08:30:00Z'))).toBe(true);
  expect(isOpen(berlin, at('2026-07-06T08:30:00Z'))).toBe(false);
  expect(isOpen(berlin, at('2026-07-06T07:30:00Z'))).toBe(true);
});

test('one open window is enough; midnight and whole days can be said', () => {
  const windows = [window({ from: '00:00', to: '00:00', days: ['sun'] }), window({ from: '12:00', to: '13:00' })];
  expect(isOpen(windows, at('2026-01-04T00:00:00Z'))).toBe(true);
  expect(isOpen(windows, at('2026-01-04T23:59:00Z'))).toBe(true);
  expect(isOpen(windows, at('2026-01-05T00:00:00Z'))).toBe(false);
  expect(isOpen(windows, at('2026-01-05T12:30:00Z'))).toBe(true);
});

test.each([{ timeZone: 'Mars/Olympus' }, { from: '24:00' }, { to: '5:00' }, { days: ['monday'] }])(
  'a policy with the window %o is refused',
  (change) => {
    expect(policySchema.safeParse({ run: { windows: [{ ...window({}), ...change }] } }).success).toBe(false);
  },
);
