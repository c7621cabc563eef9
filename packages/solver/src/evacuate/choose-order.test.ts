import { USUAL_RATES as rates } from '@restow/model';
import { buildPod } from '@restow/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byPriority, chooseOrder, inPodOrder } from './choose-order.ts';
import type { Evacuee, Way } from './evacuee.ts';
import { expectedLoss } from './expected-loss.ts';
import type { Leave } from './timetable.ts';

const PODS_AT_ONCE = 20;
const amount = (most: number) => fc.integer({ min: 0, max: most });

const waysOf = (interruption: number) =>
  fc
    .record({
      mebibytes: amount(4000),
      gentle: fc.constantFrom('live', 'live', 'surge', null),
      part: fc.double({ min: 0, max: 0.4, noNaN: true }),
    })
    .map(({ mebibytes, gentle, part }): Way[] => [
      ...(gentle === null
        ? []
        : [
            {
              method: gentle,
              bytes: gentle === 'live' ? mebibytes * 2 ** 20 : 0,
              lossMicros: Math.round(part * interruption),
            } as const,
          ]),
      { method: 'evict', bytes: 0, lossMicros: Math.round(interruption / 2) },
    ]);

const evacueesOf = (most: number) =>
  fc
    .array(
      amount(5_000_000).chain((interruption) =>
        fc.record({
          ways: waysOf(interruption),
          interruption: fc.constant(interruption),
          withinMs: fc.constantFrom(27_000, 27_000, 60_000, 117_000),
          readyMs: fc.constantFrom(0, 0, 0, 40_000),
          owner: fc.constantFrom('a', 'b', 'c'),
          from: fc.constantFrom('n1', 'n1', 'n2'),
          priority: amount(3),
          isAble: fc.integer({ min: 0, max: 3 }).map((one) => one > 0),
        }),
      ),
      { minLength: Math.min(3, most), maxLength: most, size: 'max' },
    )
    .map((all) =>
      all.map(
        (one, index): Evacuee => ({
          pod: { ...buildPod(`p${index}`, one.from), priority: one.priority },
          from: one.from,
          withinMs: one.withinMs,
          interruptionMicros: one.interruption,
          stayLossMicros: Math.round(one.interruption * 1.2),
          ways: one.isAble || index === 0 ? one.ways : [],
          reasons: [],
          to: 'elsewhere',
          placeReadyMs: one.readyMs,
          owner: one.owner,
          ownerAtOnce: 1,
        }),
      ),
    );

test('no order loses less than the one chosen, beyond two percent, of all that there are', () => {
  let exact = 0;
  let runs = 0;
  fc.assert(
    fc.property(evacueesOf(5), (evacuees) => {
      const chosen = chooseOrder(evacuees, PODS_AT_ONCE, rates);
      const best = Math.min(...[1, 2, 4].map((liveAtOnce) => leastLoss(evacuees, liveAtOnce)));
      expect(chosen.lossMicros).toBeLessThanOrEqual(best * 1.02 + 1);
      runs++;
      if (chosen.lossMicros <= best + 1) exact++;
    }),
    { numRuns: 150, seed: 7 },
  );
  expect(exact / runs).toBeGreaterThan(0.95);
});

test('the simple orders are never better, whatever the pods', () => {
  fc.assert(
    fc.property(evacueesOf(30), (evacuees) => {
      const { lossMicros, leaves } = chooseOrder(evacuees, PODS_AT_ONCE, rates);
      for (const simple of [inPodOrder(evacuees), byPriority(evacuees), []]) {
        const loss = expectedLoss(evacuees, simple, { liveAtOnce: 2, podsAtOnce: PODS_AT_ONCE }, rates);
        expect(lossMicros).toBeLessThanOrEqual(loss);
      }
      expect(new Set(leaves.map(({ evacuee }) => evacuee)).size).toBe(leaves.length);
      expect(leaves.every(({ evacuee }) => evacuee.ways.length > 0)).toBe(true);
    }),
    { numRuns: 40, seed: 11 },
  );
});

/** Tries every order of every choice of ways. */
function leastLoss(evacuees: readonly Evacuee[], liveAtOnce: number): number {
  const limits = { liveAtOnce, podsAtOnce: PODS_AT_ONCE };
  let least = Number.POSITIVE_INFINITY;
  const extend = (order: readonly Leave[], left: readonly Evacuee[]) => {
    least = Math.min(least, expectedLoss(evacuees, order, limits, rates));
    for (const evacuee of left) {
      const others = left.filter((other) => other !== evacuee);
      for (const way of evacuee.ways.keys()) extend([...order, { evacuee, way }], others);
    }
  };
  extend([], evacuees);
  return least;
}
