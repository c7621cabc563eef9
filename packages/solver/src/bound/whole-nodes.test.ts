import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Container } from './containers.ts';
import { boundOfWholeNodes, type Counts, type Verdict, type WholeNodesEffort, type WorthRow } from './whole-nodes.ts';

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
          free: fc.boolean(),
        })
        .map(
          ({ microsPerHour, count, limited, free }): Container => ({
            microsPerHour: limited && free ? 0 : microsPerHour,
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

interface Answer {
  /** In the prices of the question. */
  readonly bound: number;
  readonly counts: readonly number[] | null;
}

/** `times`: every price is that many micros; `mostKnown`: of so many sets something is known. */
function answerTo({ containers, rows }: Question, times: number, effort: WholeNodesEffort, mostKnown: number): Answer {
  let known = 0;
  const judge = (counts: Counts): Verdict => {
    if (known++ >= mostKnown) return 'unknown';
    return rows.find((row) => worth(counts, row) < row.demand - 1e-6) ?? 'holds';
  };
  const dear = containers.map((one) => ({ ...one, microsPerHour: times * one.microsPerHour }));
  const prices = { limit: times * LIMIT, divisor: 1 };
  const { bound, counts } = boundOfWholeNodes(dear, rows[0]!, judge, prices, effort, () => false);
  return { bound: bound / times, counts: counts === null ? null : [...counts] };
}

const ALWAYS = Number.POSITIVE_INFINITY;
const MUCH: WholeNodesEffort = { visits: 1e7, sets: 10_000 };

test('whole nodes cost what trying all of them says, when rows are told one by one', () => {
  fc.assert(
    fc.property(question, (one) => {
      const { bound, counts } = answerTo(one, 1, MUCH, ALWAYS);
      const least = cheapest(one);
      expect(bound).toBe(least);
      if (least === LIMIT) return;
      expect(counts!.reduce((sum, count, k) => sum + count * one.containers[k]!.microsPerHour, 0)).toBe(least);
      expect(one.rows.every((row) => worth(counts!, row) >= row.demand)).toBe(true);
      expect(counts!.every((count, k) => count <= one.containers[k]!.count)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('where there are very many prices, sets are looked at many prices at a time, and nothing is lost', () => {
  fc.assert(
    fc.property(question, (one) => {
      expect(answerTo(one, 100_003, MUCH, ALWAYS).bound).toBe(cheapest(one));
    }),
    { numRuns: 100 },
  );
});

test('cut off early, or with nothing known of most sets, it is a bound still', () => {
  fc.assert(
    fc.property(question, fc.nat({ max: 150 }), fc.nat({ max: 3 }), fc.nat({ max: 5 }), (one, visits, sets, known) => {
      expect(answerTo(one, 1, { visits, sets }, ALWAYS).bound).toBeLessThanOrEqual(cheapest(one));
      expect(answerTo(one, 1, MUCH, known).bound).toBeLessThanOrEqual(cheapest(one));
    }),
    { numRuns: 300 },
  );
});
