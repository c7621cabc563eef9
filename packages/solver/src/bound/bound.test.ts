import { DEFAULT_POLICY } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { buildProblem } from '../problem/build-problem.ts';
import { coveringOf } from './covering.ts';
import { relax } from './relax.ts';
import { tighten } from './tighten.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const MACHINES = [
  { instanceType: 'small', cores: 2, gib: 4, pods: 4, microsPerHour: 7 },
  { instanceType: 'big', cores: 5, gib: 6, pods: 4, microsPerHour: 13 },
];

interface Size {
  readonly cores: number;
  readonly gib: number;
}

/** Cheapest way to put these pods onto new nodes of the two types, by trying every partition. */
function exhaustive(pods: readonly Size[]): number {
  const [first, ...rest] = pods;
  if (first === undefined) return 0;
  let best = Number.POSITIVE_INFINITY;
  for (let mask = 0; mask < 1 << rest.length; mask++) {
    const group = [first, ...rest.filter((_, k) => mask & (1 << k))];
    const others = rest.filter((_, k) => !(mask & (1 << k)));
    const price = Math.min(
      ...MACHINES.filter(
        ({ cores, gib, pods: most }) =>
          group.length <= most &&
          group.reduce((sum, pod) => sum + pod.cores, 0) <= cores &&
          group.reduce((sum, pod) => sum + pod.gib, 0) <= gib,
      ).map(({ microsPerHour }) => microsPerHour),
    );
    if (price < best) best = Math.min(best, price + exhaustive(others));
  }
  return best;
}

const EFFORT = { rounds: 30, variations: 10, pricingBudget: 1000, finalBudget: 10_000, work: 1e6 };
const WHOLE_NODES = {
  visits: 1e6,
  sets: 20,
  packing: 1e5,
  pricingBudget: 1000,
  finalBudget: 10_000,
  work: 1e6,
  roomFor: [],
};

test('the bound is never above the cheapest placement, found by trying all, and often equals it', () => {
  const size = fc.record({ cores: fc.integer({ min: 1, max: 4 }), gib: fc.integer({ min: 1, max: 5 }) });
  let equal = 0;
  let tightened = 0;
  let allHeld = 0;
  let runs = 0;
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 7 }), (sizes) => {
      // Every pod on a node of its own, of a type that is too dear to keep.
      const snapshot = buildSnapshot({
        nodes: sizes.map((_, k) => buildNode(`n${k}`, { instanceType: 'dear' })),
        pods: sizes.map(({ cores, gib }, k) =>
          buildPod(`p${k}`, `n${k}`, { requests: { cpu: cores * 1000, memory: gib * 2 ** 30 } }),
        ),
      });
      const book = buildPriceBook([...MACHINES, { instanceType: 'dear', cores: 5, gib: 16, microsPerHour: 1000 }]);
      const problem = buildProblem(snapshot, book, new PriceLookup(book), DEFAULT_POLICY);
      const relaxation = relax(
        coveringOf(problem),
        engines,
        EFFORT,
        () => false,
        () => false,
      );
      const { bound: tight, contents } = tighten(
        problem,
        relaxation,
        engines,
        { ...EFFORT, wholeNodes: WHOLE_NODES },
        () => false,
      );
      const held = new Float64Array(problem.classes.length);
      for (const { container, classes, counts, times } of contents[0] ?? []) {
        const { capacity } = relaxation.containers[container]!;
        const use = new Float64Array(capacity.length);
        classes.forEach((c, k) => {
          held[c]! += counts[k]! * times;
          problem.classes[c]!.dims.forEach((r, d) => {
            use[r]! += counts[k]! * problem.classes[c]!.amounts[d]!;
          });
        });
        expect(use.every((amount, r) => amount <= capacity[r]!)).toBe(true);
      }
      expect(problem.classes.every(({ pods }, c) => held[c]! <= pods.length)).toBe(true);
      if (contents.length > 0 && problem.classes.every(({ pods }, c) => held[c] === pods.length)) allHeld++;
      const best = exhaustive(sizes);
      expect(relaxation.bound).toBeLessThanOrEqual(tight);
      expect(tight).toBeLessThanOrEqual(best);
      // What few pods cost may be known from elsewhere, and prices by class say nothing of it.
      const nothing = { duals: relaxation.duals.map(() => 0), uppers: relaxation.uppers.map(() => 0), bound: best };
      const effort = { ...EFFORT, wholeNodes: WHOLE_NODES };
      expect(tighten(problem, { ...relaxation, ...nothing }, engines, effort, () => false).bound).toBe(best);
      runs++;
      if (relaxation.bound === best) equal++;
      if (tight === best) tightened++;
    }),
    { numRuns: 150 },
  );
  expect(equal).toBeGreaterThan(runs / 2);
  expect(tightened).toBeGreaterThan(equal);
  expect(allHeld).toBeGreaterThan(runs / 2);
});
