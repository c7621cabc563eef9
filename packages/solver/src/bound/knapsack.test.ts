import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PodClass } from '../problem/problem.ts';
import type { Container } from './containers.ts';
import { Knapsack } from './knapsack.ts';

const item = fc.record({
  cpu: fc.integer({ min: 1, max: 9 }),
  memory: fc.integer({ min: 0, max: 9 }),
  most: fc.integer({ min: 1, max: 3 }),
  worth: fc.integer({ min: 0, max: 20 }),
});

interface Item {
  readonly cpu: number;
  readonly memory: number;
  readonly most: number;
  readonly worth: number;
}

test('the content is the best one, and the upper bound is proven, against trying everything', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 5 }), fc.nat(20), fc.nat(20), (items, cpu, memory) => {
      const knapsack = build(items, cpu + 1, memory + 1);
      const best = exhaustive(items, cpu + 1, memory + 1);
      const profits = items.map(({ worth }) => worth);
      const answer = knapsack.solve(profits, 100_000);
      expect(answer.value).toBe(best);
      expect(answer.upper).toBeGreaterThanOrEqual(best);
      expect(answer.upper).toBeLessThanOrEqual(best * (1 + 1e-6));
      const worth = answer.classes.reduce((sum, c, k) => sum + items[c]!.worth * answer.counts[k]!, 0);
      expect(worth).toBe(answer.value);
    }),
    { numRuns: 500 },
  );
});

test('without a budget the value may be less, but never the upper bound', () => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 6 }),
      fc.nat(20),
      fc.nat(20),
      fc.nat(6),
      (items, cpu, memory, budget) => {
        const answer = build(items, cpu + 1, memory + 1).solve(
          items.map(({ worth }) => worth),
          budget,
        );
        const best = exhaustive(items, cpu + 1, memory + 1);
        expect(answer.value).toBeLessThanOrEqual(best);
        expect(answer.upper).toBeGreaterThanOrEqual(best);
      },
    ),
    { numRuns: 500 },
  );
});

test('thousands of items are no deeper than what a node holds', () => {
  // One of them leaves room that looks as if it were worth something: item after item is left out.
  const items = Array.from({ length: 12_000 }, (): Item => ({ cpu: 6, memory: 0, most: 1, worth: 6 }));
  const answer = build(items, 10, 10).solve(
    items.map(({ worth }) => worth),
    1_000_000,
  );
  expect(answer.value).toBe(6);
  expect(answer.visited).toBeGreaterThan(items.length);
});

function build(items: readonly Item[], cpu: number, memory: number): Knapsack {
  const classes = items.map(
    (one, index): PodClass => ({
      index,
      pods: [],
      dims: Int32Array.from(one.memory > 0 ? [0, 1] : [0]),
      amounts: Float64Array.from(one.memory > 0 ? [one.cpu, one.memory] : [one.cpu]),
      matches: [],
      repels: [],
      attracts: [],
      spreads: [],
      coupled: false,
      awayMicrosPerHour: 0,
      interruptionMicros: 0,
      preferences: { matches: [], company: [] },
      isPending: false,
    }),
  );
  const container: Container = {
    microsPerHour: 1,
    capacity: Float64Array.from([cpu, memory]),
    most: Int32Array.from(items, (one) => (one.cpu <= cpu && one.memory <= memory ? one.most : 0)),
    count: 1,
    kind: 0,
    nodes: [],
  };
  return new Knapsack(container, classes, [true, true]);
}

function exhaustive(items: readonly Item[], cpu: number, memory: number): number {
  const [first, ...rest] = items;
  if (first === undefined) return 0;
  let best = 0;
  for (let n = 0; n <= first.most && n * first.cpu <= cpu && n * first.memory <= memory; n++) {
    best = Math.max(best, n * first.worth + exhaustive(rest, cpu - n * first.cpu, memory - n * first.memory));
  }
  return best;
}
