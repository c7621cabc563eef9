import { DEFAULT_POLICY, LABEL, type Policy, UNCONSTRAINED } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { buildProblem } from '../problem/build-problem.ts';
import { coveringOf } from './covering.ts';
import { boundWithin, MovingRelaxation } from './moving-relaxation.ts';
import { relax } from './relax.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const never = () => false;
const GIB = 2 ** 30;
const MACHINES = [
  { instanceType: 'small', cores: 3, gib: 4, pods: 110, microsPerHour: 700 },
  { instanceType: 'big', cores: 6, gib: 7, pods: 110, microsPerHour: 1_300 },
  { instanceType: 'dear', cores: 6, gib: 9, pods: 110, microsPerHour: 2_000 },
];
const MOVE_PRICES = ['0', '0.0024'];
/** Of a pod that is not on a dear node, though it would rather be. */
const PREFERENCE_PRICES = ['0', '0.0003'];

interface Pod {
  readonly cores: number;
  readonly gib: number;
}

/** By number of moves: the least for these pods, which are all on dear nodes, two on each; by trying everything. */
function cheapestByMoves(pods: readonly Pod[], microsNotDear: number): number[] {
  const nodes = Math.ceil(pods.length / 2);
  const least = new Array<number>(pods.length + 1).fill(Number.POSITIVE_INFINITY);
  const groups: { machine: (typeof MACHINES)[number]; cores: number; gib: number; used: number }[] = [
    ...Array.from({ length: nodes }, () => ({ machine: MACHINES[2]!, cores: 0, gib: 0, used: 0 })),
  ];
  const place = (index: number, moves: number): void => {
    const pod = pods[index];
    if (pod === undefined) {
      const price = groups.reduce((sum, { machine, used }) => {
        const ofPods = machine === MACHINES[2] ? 0 : used * microsNotDear;
        return sum + (used > 0 ? machine.microsPerHour : 0) + ofPods;
      }, 0);
      least[moves] = Math.min(least[moves]!, price);
      return;
    }
    const put = (group: (typeof groups)[number], moved: number) => {
      const { machine } = group;
      if (group.cores + pod.cores > machine.cores || group.gib + pod.gib > machine.gib) return;
      group.cores += pod.cores;
      group.gib += pod.gib;
      group.used++;
      place(index + 1, moves + moved);
      group.cores -= pod.cores;
      group.gib -= pod.gib;
      group.used--;
    };
    for (const [g, group] of groups.entries()) put(group, g === Math.floor(index / 2) ? 0 : 1);
    for (const machine of MACHINES) {
      groups.push({ machine, cores: 0, gib: 0, used: 0 });
      put(groups.at(-1)!, 1);
      groups.pop();
    }
  };
  place(0, 0);
  return least;
}

test('whatever may move, the bound is never above the cheapest placement, found by trying all, and often equals it', () => {
  const size = fc.record({ cores: fc.integer({ min: 1, max: 3 }), gib: fc.integer({ min: 1, max: 4 }) });
  let equal = 0;
  let runs = 0;
  const sizes = fc.array(size, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.constantFrom(...MOVE_PRICES), fc.constantFrom(...PREFERENCE_PRICES), (pods, ...prices) => {
      const [movePrice, preferencePrice] = prices;
      const dear = { key: LABEL.instanceType, operator: 'In' as const, values: ['dear'] };
      const preferences = {
        nodes: [{ weight: 100, term: { matchExpressions: [dear], matchFields: [] } }],
        podAffinity: [],
        podAntiAffinity: [],
        topologySpread: [],
      };
      const snapshot = buildSnapshot({
        nodes: Array.from({ length: Math.ceil(pods.length / 2) }, (_, k) =>
          buildNode(`n${k}`, {
            instanceType: 'dear',
            allocatable: { cpu: 6_000, memory: 9 * GIB, pods: 110 },
            labels: { [LABEL.instanceType]: 'dear' },
          }),
        ),
        pods: pods.map(({ cores, gib }, k) =>
          buildPod(`p${k}`, `n${Math.floor(k / 2)}`, {
            requests: { cpu: cores * 1000, memory: gib * GIB },
            spec: { ...UNCONSTRAINED, preferences },
          }),
        ),
      });
      const book = buildPriceBook(MACHINES);
      const policy: Policy = {
        ...DEFAULT_POLICY,
        movePrice,
        pods: { ...DEFAULT_POLICY.pods, preferencePrice },
      };
      const problem = buildProblem(snapshot, book, new PriceLookup(book), policy);
      const relaxation = relax(
        coveringOf(problem),
        engines,
        { rounds: 30, variations: 10, pricingBudget: 1_000, finalBudget: 10_000, work: 1e6 },
        never,
        never,
      );
      const moving = new MovingRelaxation(problem, relaxation, engines);
      const cheapest = cheapestByMoves(pods, Number(preferencePrice) * 1e6);
      for (let most = 0; most <= pods.length; most++) {
        moving.generate(most, { rounds: 30, pricingBudget: 1_000, finalBudget: 10_000, leastGain: 0 }, never);
        const best = Math.min(
          ...cheapest.slice(0, most + 1).map((cost, moves) => cost + problem.moveMicrosPerHour * moves),
        );
        const bound = boundWithin(moving.bounds, most);
        expect(bound).toBeLessThanOrEqual(best);
        runs++;
        if (bound > best * (1 - 2e-3)) equal++;
      }
      moving.close();
    }),
    { numRuns: 120 },
  );
  expect(equal).toBeGreaterThan(runs / 3);
});
