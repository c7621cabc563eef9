import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../journal/record.ts';
import { measureRates } from './measure-rates.ts';

const OWNER = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'set', uid: 'set' };

/** The records of one move, and of the look at what became of it. */
function moved(
  step: string,
  method: 'live' | 'evict',
  at: number,
  ms: number,
  more: { bytes?: number; readyMs?: number },
) {
  const pod = { namespace: 'default', name: step, uid: step };
  const order = { id: step, pod, owner: OWNER, from: 'a', to: 'b', method };
  const records: JournalRecord[] = [
    { type: 'begun', at, act: `${step}-move`, step, does: { kind: 'move', order, known: [], stoodIn: false } },
    { type: 'acted', at: at + ms, act: `${step}-move`, outcome: { ok: true, movedBytes: more.bytes ?? 0 } },
    { type: 'begun', at: at + ms, act: `${step}-look`, step, does: { kind: 'verify', moved: step, planned: 'b' } },
  ];
  const readyAt = at + ms + (more.readyMs ?? 0);
  return [
    ...records,
    { type: 'acted', at: readyAt, act: `${step}-look`, outcome: { ok: true, landedOn: 'b' } } as const,
  ];
}

test('from live moves of any sizes the time and the rate come back, whatever a few of them do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 8, maxLength: 30 }),
      fc.integer({ min: 200, max: 5_000 }),
      fc.integer({ min: 5, max: 500 }),
      (mebibytes, fixedMs, megabytesPerSecond) => {
        fc.pre(new Set(mebibytes.map((size) => Math.floor(size / 100))).size > 5);
        const records = mebibytes.flatMap((size, index) => {
          const bytes = size * 2 ** 20;
          const ms = Math.round(fixedMs + bytes / 1000 / megabytesPerSecond);
          // One of them met with something.
          return moved(`s${index}`, 'live', index * 1e6, index === 0 ? ms * 3 : ms, { bytes });
        });
        const { liveMs, bytesPerSecond } = measureRates([records]);
        expect(liveMs! / fixedMs).toBeCloseTo(1, 1);
        expect(bytesPerSecond! / (megabytesPerSecond * 1e6)).toBeCloseTo(1, 1);
      },
    ),
    { numRuns: 50, seed: 5 },
  );
});

test('of evictions the stop and the start, of launches the time until they take pods; of too few nothing', () => {
  const evicted = [3, 4, 5, 6, 60].flatMap((seconds, index) =>
    moved(`s${index}`, 'evict', index * 1e6, seconds * 1000, { readyMs: 2 * seconds * 1000 }),
  );
  const order = {
    token: 't',
    instanceType: 'm',
    zone: null,
    capacityType: 'spot',
    arch: 'amd64',
    group: null,
  } as const;
  const launches = [1, 2, 3, 4].flatMap((index): JournalRecord[] => {
    const token = `t${index}`;
    const launch = {
      kind: 'launch',
      name: 'n',
      order: { ...order, token, unpreferred: false },
      microsPerHour: 1,
    } as const;
    return [
      { type: 'begun', at: 0, act: `${token}-order`, step: token, does: launch },
      { type: 'acted', at: 1_000, act: `${token}-order`, outcome: { ok: true, launchedAt: 0 } },
      { type: 'begun', at: 1_000, act: `${token}-wait`, step: 'w', does: { kind: 'wait-ready', token } },
      { type: 'acted', at: 50_000, act: `${token}-wait`, outcome: { ok: true } },
    ];
  });
  const none = { liveMs: null, bytesPerSecond: null, lostMs: null };
  const rates = { ...none, stopMs: 5_000, startMs: 10_000 };
  expect(measureRates([evicted, launches])).toEqual({ ...rates, launchMs: null });
  const fifth = launches
    .slice(0, 4)
    .map((record) => ('act' in record ? { ...record, act: `again-${record.act}` } : record));
  expect(measureRates([evicted, launches, fifth])).toEqual({ ...rates, launchMs: 50_000 });
  expect(measureRates([evicted.slice(4)])).toEqual({ ...none, stopMs: null, startMs: null, launchMs: null });
});
