import { DEFAULT_POLICY, LABEL, type Policy, type SchedulingSpec, UNCONSTRAINED } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { buildDeployment, buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { buildProblem } from '../problem/build-problem.ts';
import type { Problem } from '../problem/problem.ts';
import { coveringOf } from './covering.ts';
import { linearRulesOf, NO_RULES } from './linear-rules.ts';
import { relax } from './relax.ts';
import { tighten } from './tighten.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const never = () => false;
const GIB = 2 ** 30;
const SIZES = [
  { instanceType: 'small', cores: 2, gib: 4, microsPerHour: 700 },
  { instanceType: 'big', cores: 5, gib: 8, microsPerHour: 1_300 },
];
/** The same machines, dearer in one zone, and for less on the spot market. */
const MACHINES = SIZES.flatMap((size) => [
  { ...size, pods: 20, zone: 'zone-a' },
  { ...size, pods: 20, zone: 'zone-b', microsPerHour: size.microsPerHour * 1.6 },
  { ...size, pods: 20, zone: 'zone-a', capacityType: 'spot' as const, microsPerHour: size.microsPerHour * 0.4 },
]);
type Machine = (typeof MACHINES)[number];

interface Rule {
  readonly name: string;
  readonly spec: SchedulingSpec;
  readonly shares: Policy['pods']['shares'];
  /** Whether pods may be so, by the zone and the market that each is in. */
  readonly allows: (pods: readonly Machine[]) => boolean;
}

const selector = { matchLabels: { app: 'app' }, matchExpressions: [] };
const inZone = (pods: readonly Machine[], zone: string) => pods.filter((one) => one.zone === zone).length;
const share = (of: 'spot' | 'zone', part: number) => ({ pods: '', namespaces: [], of, part });
const RULES: readonly Rule[] = [
  {
    name: 'spread',
    spec: {
      ...UNCONSTRAINED,
      topologySpread: [
        {
          topologyKey: LABEL.zone,
          maxSkew: 1,
          minDomains: null,
          selector,
          matchLabelKeys: [],
          honourNodeAffinity: true,
          honourNodeTaints: false,
        },
      ],
    },
    shares: [],
    allows: (pods) => Math.abs(inZone(pods, 'zone-a') - inZone(pods, 'zone-b')) <= 1,
  },
  {
    name: 'one in each zone, or as many as there were',
    spec: {
      ...UNCONSTRAINED,
      podAntiAffinity: [
        {
          topologyKey: LABEL.zone,
          selector,
          namespaces: [],
          namespaceSelector: null,
          matchLabelKeys: [],
          mismatchLabelKeys: [],
        },
      ],
    },
    shares: [],
    allows: (pods) =>
      inZone(pods, 'zone-a') <= Math.ceil(pods.length / 2) && inZone(pods, 'zone-b') <= Math.floor(pods.length / 2),
  },
  {
    name: 'half on spot',
    spec: UNCONSTRAINED,
    shares: [share('spot', 0.5)],
    allows: (pods) => 2 * pods.filter((one) => 'capacityType' in one).length <= pods.length,
  },
  {
    name: 'two thirds in one zone',
    spec: UNCONSTRAINED,
    shares: [share('zone', 2 / 3)],
    allows: (pods) => 3 * Math.max(inZone(pods, 'zone-a'), inZone(pods, 'zone-b')) <= Math.max(3, 2 * pods.length),
  },
];

/** The cheapest machines for pods of so many cores, by trying all. */
function exhaustive(cores: readonly number[], { allows }: Rule): number {
  let best = Number.POSITIVE_INFINITY;
  const nodes: { machine: Machine; cores: number }[] = [];
  const at: Machine[] = [];
  const place = (index: number, price: number): void => {
    if (price >= best) return;
    if (index === cores.length) {
      if (allows(at)) best = price;
      return;
    }
    const put = (node: (typeof nodes)[number], more: number) => {
      if (node.cores + cores[index]! > node.machine.cores) return;
      node.cores += cores[index]!;
      at.push(node.machine);
      place(index + 1, price + more);
      at.pop();
      node.cores -= cores[index]!;
    };
    for (const node of [...nodes]) put(node, 0);
    for (const machine of MACHINES) {
      nodes.push({ machine, cores: 0 });
      put(nodes.at(-1)!, machine.microsPerHour);
      nodes.pop();
    }
  };
  place(0, 0);
  return best;
}

/** What the linear program proves without the rules and with them, and what is proven of whole nodes. */
function boundsOf(problem: Problem): Readonly<Record<'without' | 'withRules' | 'whole', number>> {
  const effort = { rounds: 60, variations: 10, pricingBudget: 1_000, finalBudget: 10_000, work: 1e6 };
  const wholeNodes = { ...effort, visits: 1e6, sets: 20, packing: 1e5, roomFor: [] };
  const relaxed = (rules = linearRulesOf(problem)) => relax(coveringOf(problem, rules), engines, effort, never, never);
  const relaxation = relaxed();
  const { bound: whole } = tighten(problem, relaxation, engines, { ...effort, wholeNodes }, never);
  return { without: relaxed(NO_RULES).bound, withRules: relaxation.bound, whole };
}

test('with rules between nodes the bound is never above the cheapest placement, found by trying all, and most of what was between is proven', () => {
  const set = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'rs-app' };
  const tally = new Map(RULES.map(({ name }) => [name, { closed: 0, raised: 0, runs: 0 }]));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 5 }),
      fc.constantFrom(...RULES),
      (cores, rule) => {
        // Every pod on a node that is too dear to keep, in the two zones by turns.
        const snapshot = buildSnapshot({
          nodes: cores.map((_, k) =>
            buildNode(`n${k}`, { instanceType: 'dear', zone: k % 2 === 0 ? 'zone-a' : 'zone-b' }),
          ),
          pods: cores.map((count, k) =>
            buildPod(`p${k}`, `n${k}`, {
              owner: set,
              requests: { cpu: count * 1000, memory: GIB / 4 },
              spec: rule.spec,
            }),
          ),
          owners: buildDeployment(set, cores.length),
        });
        const book = buildPriceBook([...MACHINES, { instanceType: 'dear', cores: 4, gib: 16, microsPerHour: 90_000 }]);
        const { pods } = DEFAULT_POLICY;
        const policy = { ...DEFAULT_POLICY, pods: { ...pods, capacityTypes: ['spot' as const], shares: rule.shares } };
        const problem = buildProblem(snapshot, book, new PriceLookup(book), policy);
        const best = exhaustive(cores, rule);
        const { withRules, without, whole } = boundsOf(problem);
        expect(whole).toBeLessThanOrEqual(best);
        expect(withRules).toBeLessThanOrEqual(whole);
        expect(withRules).toBeGreaterThanOrEqual(without);
        const sums = tally.get(rule.name)!;
        sums.runs++;
        sums.closed += (whole - without) / (best - without);
        if (withRules > without) sums.raised++;
      },
    ),
    { numRuns: 200 },
  );
  for (const [name, { closed, raised, runs }] of tally) {
    expect(closed / runs, name).toBeGreaterThan(0.6);
    expect(raised, name).toBeGreaterThan(runs / 2);
  }
});
