import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { certify, isProven } from './certificate.ts';
import circling from './circling-program.json' with { type: 'json' };
import { type LpEngines, loadEngines } from './engines.ts';
import type { LpColumn, LpRow } from './port.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Covering programs as the master has them: always feasible (a dear column for each row), with some limits. */
const program = fc
  .record({
    demands: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
    patterns: fc.array(
      fc.record({
        cost: fc.integer({ min: 1, max: 500 }),
        counts: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 12, maxLength: 12 }),
        limited: fc.boolean(),
      }),
      { maxLength: 40 },
    ),
    limit: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ demands, patterns, limit }) => {
    const rows: LpRow[] = [...demands.map((rhs): LpRow => ({ sense: '>=', rhs })), { sense: '<=', rhs: limit }];
    const columns: LpColumn[] = [
      ...demands.map((_, row) => ({ cost: 1000, rows: [row], values: [1] })),
      ...patterns.map(({ cost, counts, limited }) => {
        const used = demands.flatMap((_, row) => (counts[row]! > 0 ? [row] : []));
        return {
          cost,
          rows: limited ? [...used, demands.length] : used,
          values: limited ? [...used.map((row) => counts[row]!), 1] : used.map((row) => counts[row]!),
        };
      }),
    ];
    return { rows, columns };
  });

test('both engines agree, and both answers prove themselves', () => {
  fc.assert(
    fc.property(program, ({ rows, columns }) => {
      const [small, large] = [engines.small, engines.large].map((engine) => {
        const session = engine.open(rows, columns);
        const answer = session.solve();
        session.close();
        expect(answer.status).toBe('optimal');
        expect(isProven(certify(rows, columns, answer))).toBe(true);
        return answer.objective;
      }) as [number, number];
      expect(Math.abs(small - large)).toBeLessThanOrEqual(1e-6 * Math.max(1, large));
    }),
    { numRuns: 150 },
  );
});

test('columns and right-hand sides added later count as if they had been there', () => {
  fc.assert(
    fc.property(program, ({ rows, columns }) => {
      const half = Math.ceil(columns.length / 2);
      for (const engine of [engines.small, engines.large]) {
        const whole = engine.open(rows, columns);
        const grown = engine.open(
          rows.map(({ sense }) => ({ sense, rhs: 1 })),
          columns.slice(0, half),
        );
        grown.solve();
        grown.addColumns(columns.slice(half));
        grown.setRightHandSides(rows.map(({ rhs }) => rhs));
        expect(grown.solve().objective).toBeCloseTo(whole.solve().objective, 5);
        whole.close();
        grown.close();
      }
    }),
    { numRuns: 60 },
  );
});

test('an answer that is not optimal is seen through', () => {
  const rows: LpRow[] = [{ sense: '>=', rhs: 10 }];
  const columns: LpColumn[] = [{ cost: 3, rows: [0], values: [2] }];
  const good = { status: 'optimal' as const, objective: 15, primal: Float64Array.of(5), duals: Float64Array.of(1.5) };
  expect(isProven(certify(rows, columns, good))).toBe(true);
  for (const bad of [
    { ...good, primal: Float64Array.of(4) },
    { ...good, primal: Float64Array.of(6) },
    { ...good, duals: Float64Array.of(1.6) },
    { ...good, duals: Float64Array.of(-1.5) },
  ]) {
    expect(isProven(certify(rows, columns, bad))).toBe(false);
  }
});

test('an engine that goes round in circles is stopped, and the other one asked', () => {
  const { rows, columns } = circling as { rows: LpRow[]; columns: LpColumn[] };
  const session = engines.small.open(rows, columns);
  expect(session.solve().status).toBe('failed');
  session.close();
  const master = engines.master(rows, columns);
  const { primal, duals, objective } = master.solve();
  expect(isProven(certify(rows, columns, { status: 'optimal', objective, primal, duals }))).toBe(true);
  master.close();
});

test('a program that cannot be satisfied is an error with a code, not an answer', () => {
  const master = engines.master([{ sense: '>=', rhs: 1 }], []);
  expect(() => master.solve()).toThrow(expect.objectContaining({ code: 'RESTOW_LP' }));
  master.close();
});
