import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import type { Container } from './containers.ts';
import { boundOfWholeNodes, type Counts, type WholeNodesEffort, type WorthRow } from './whole-nodes.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const LIMIT = 60;

interface Question {
  readonly containers: readonly Container[];
  readonly rows: readonly WorthRow[];
}

const question: fc.Arbitrary<Question> = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    containers: fc.array(
      fc
        .record({
          microsPerHour: fc.integer({ min: 3, max: 20 }),
          count: fc.integer({ min: 1, max: 4 }),
          limited: fc.boolean(),
        })
        .map(
          ({ microsPerHour, count, limited }): Container => ({
            microsPerHour,
            count: limited ? count : Number.POSITIVE_INFINITY,
            capacity: new Float64Array(),
            most: new Int32Array(),
            kind: null,
            nodes: [],
          }),
        ),
      { minLength: width, maxLength: width },
    ),
    rows: fc.array(
      fc.record({
        uppers: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: width, maxLength: width }),
        demand: fc.integer({ min: 1, max: 25 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

const worth = (counts: Counts, { uppers }: WorthRow) =>
  Array.from(counts).reduce((sum, count, k) => sum + count * uppers[k]!, 0);

/** The cheapest whole counts below the limit that satisfy all rows, by trying all. */
function cheapest({ containers, rows }: Question, from = 0, counts: readonly number[] = [], price = 0): number {
  if (price >= LIMIT) return LIMIT;
  const container = containers[from];
  if (container === undefined) return rows.every((row) => worth(counts, row) >= row.demand) ? price : LIMIT;
  let least = LIMIT;
  for (let n = 0; n <= container.count && price + n * container.microsPerHour < LIMIT; n++)
    least = Math.min(
      least,
      cheapest({ containers, rows }, from + 1, [...counts, n], price + n * container.microsPerHour),
    );
  return least;
}

function boundOf({ containers, rows }: Question, effort: WholeNodesEffort): number {
  const separate = (counts: Counts) => rows.find((row) => worth(counts, row) < row.demand - 1e-6) ?? null;
  const prices = { limit: LIMIT, divisor: 1 };
  return boundOfWholeNodes(containers, rows[0]!, separate, prices, engines, effort, () => false).bound;
}

test('whole nodes cost what trying all of them says, when rows are told one by one', () => {
  fc.assert(
    fc.property(question, (one) => {
      expect(boundOf(one, { entries: 1e6, separations: 1_000 })).toBe(cheapest(one));
    }),
    { numRuns: 300 },
  );
});

test('cut off early it is a bound still', () => {
  fc.assert(
    fc.property(question, fc.nat({ max: 150 }), fc.nat({ max: 3 }), (one, entries, separations) => {
      expect(boundOf(one, { entries, separations })).toBeLessThanOrEqual(cheapest(one));
    }),
    { numRuns: 300 },
  );
});
