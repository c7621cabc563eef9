import { USUAL_RATES as rates } from '@restow/model';
import { buildPod } from '@restow/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Evacuee, Way } from './evacuee.ts';
import { type Leave, timetable } from './timetable.ts';

const leave = fc
  .record({
    method: fc.constantFrom('live', 'surge', 'evict'),
    mebibytes: fc.integer({ min: 0, max: 2000 }),
    owner: fc.constantFrom('a', 'b', 'c'),
    ownerAtOnce: fc.integer({ min: 1, max: 3 }),
    from: fc.constantFrom('n1', 'n2'),
    placeReadyMs: fc.constantFrom(0, 30_000),
  })
  .map(({ method, mebibytes, owner, ownerAtOnce, from, placeReadyMs }): Leave => {
    const way = { method, bytes: method === 'live' ? mebibytes * 2 ** 20 : 0, lossMicros: 0 } as Way;
    const shared = { pod: buildPod('p', 'n1'), withinMs: 60_000, interruptionMicros: 1, stayLossMicros: 1 };
    const evacuee: Evacuee = {
      ...shared,
      ...{ from, owner: `${owner}${ownerAtOnce}`, ownerAtOnce, placeReadyMs, reasons: [], to: 'x', ways: [way] },
    };
    return { evacuee, way: 0 };
  });

test('at no moment more is under way than may be, and nothing waits for what is free', () => {
  fc.assert(
    fc.property(
      fc.array(leave, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 12 }),
      (order, liveAtOnce, podsAtOnce) => {
        const times = timetable(order, { liveAtOnce, podsAtOnce }, rates, 1);
        const spans = order.map(({ evacuee }, index) => {
          const { method, bytes } = evacuee.ways[0]!;
          const { beginMs, endMs } = times[index]!;
          // An evicted pod counts until what replaces it is ready.
          return { evacuee, method, bytes, beginMs, endMs, freeMs: method === 'evict' ? endMs + rates.startMs : endMs };
        });
        for (const [index, span] of spans.entries()) {
          const earlier = spans
            .slice(0, index)
            .filter(({ beginMs, freeMs }) => beginMs <= span.beginMs && freeMs > span.beginMs);
          const { evacuee, method, bytes, beginMs, endMs } = span;
          expect(earlier.length).toBeLessThan(podsAtOnce);
          expect(beginMs).toBeGreaterThanOrEqual(evacuee.placeReadyMs);
          if (method === 'live') {
            const beside = earlier.filter((one) => one.method === 'live' && one.evacuee.from === evacuee.from);
            expect(beside.length).toBeLessThan(liveAtOnce);
            expect(endMs - beginMs).toBeGreaterThanOrEqual(rates.liveMs + (bytes / rates.bytesPerSecond) * 1000 - 1e-6);
          } else {
            const beside = earlier.filter((one) => one.method !== 'live' && one.evacuee.owner === evacuee.owner);
            expect(beside.length).toBeLessThan(evacuee.ownerAtOnce);
          }
          const causes = [evacuee.placeReadyMs, 0, ...spans.slice(0, index).map(({ freeMs }) => freeMs)];
          expect(causes).toContain(beginMs);
        }
        for (const node of ['n1', 'n2']) {
          const sent = spans.filter((one) => one.method === 'live' && one.evacuee.from === node);
          const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
          const last = Math.max(0, ...sent.map(({ endMs }) => endMs));
          expect(last).toBeGreaterThanOrEqual((bytes / rates.bytesPerSecond) * 1000 - 1e-6);
        }
      },
    ),
    { numRuns: 200, seed: 3 },
  );
});
