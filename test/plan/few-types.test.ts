import { DEFAULT_POLICY, type Plan, type Policy } from '@restow/model';
import { checkPlan, type LaunchedNode, type LpEngines, loadEngines, makeFrontier, makePlan } from '@restow/solver';
import { buildNode, generateCluster, plainCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const CLUSTERS = process.env.RESTOW_SOAK === '1' ? 2_000 : 80;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const context = () => ({ engines, now: () => 0, stop: () => null, onProgress: () => {} });
function request(seed: number, launch: Partial<Policy['launch']>) {
  const { snapshot, book, policy } = generateCluster(seed);
  const changed = { ...policy, movePrice: '0', launch: { ...policy.launch, ...launch } };
  return { snapshot, book, policy: changed, effort: 'quick' as const, seed: 1 };
}
/** Of the book of generated clusters. */
const TYPES = ['small', 'medium', 'lean', 'large', 'arm'];
const typesOf = ({ target }: Plan) =>
  new Set([...target.nodes.filter(({ existing }) => !existing), ...target.spares].map((node) => node.instanceType));

test(`${CLUSTERS} generated clusters: no more instance types are launched than policy wants, and the bound is of all of them`, () => {
  let narrowed = 0;
  let paying = 0;
  let launching = 0;
  for (let seed = 0; seed < CLUSTERS; seed++) {
    const free = makePlan(request(seed, {}), context());
    const one = makePlan(request(seed, { mostInstanceTypes: 1 }), context());
    expect(typesOf(one).size, `seed ${seed}`).toBeLessThanOrEqual(1);
    expect(one.policy.launch).toMatchObject({ mostInstanceTypes: 1, instanceTypes: [] });
    expect(one.summary.microsPerHour.bound).toBe(free.summary.microsPerHour.bound);
    expect(one.summary.microsPerHour.after).toBeLessThanOrEqual(one.summary.microsPerHour.before);
    if (typesOf(free).size <= 1) continue;
    narrowed++;
    // Of some the cheapest plan with any one type launches nothing.
    const pays = (type: string) => typesOf(makePlan(request(seed, { instanceTypes: [type] }), context())).size === 1;
    if (TYPES.some(pays)) paying++;
    if (typesOf(one).size === 1) launching++;
  }
  expect(narrowed).toBeGreaterThan(CLUSTERS / 30);
  expect(paying).toBeGreaterThan(0);
  // The type that is paid for most in what was found is not always the one that pays alone.
  expect(launching).toBeGreaterThan(paying / 2);
});

test('so is every plan of a frontier, and of a larger cluster too', () => {
  const cluster = plainCluster(80, 1);
  const asked = (mostInstanceTypes: number | null) => {
    const policy = { ...DEFAULT_POLICY, movePrice: '0', launch: { ...DEFAULT_POLICY.launch, mostInstanceTypes } };
    return { ...cluster, policy, effort: 'quick' as const, seed: 1 };
  };
  const free = makePlan(asked(null), context());
  expect(typesOf(free).size).toBeGreaterThan(2);
  const plans = makeFrontier(asked(2), context());
  expect(Math.max(...plans.map((plan) => typesOf(plan).size))).toBe(2);
  // Most of what can be saved is saved with two types as well.
  const { before, after } = free.summary.microsPerHour;
  expect(plans.at(-1)!.summary.microsPerHour.after).toBeLessThan(after + (before - after) / 5);
});

test('nothing is launched that policy does not name', () => {
  const seen = new Set<string | null>();
  for (let seed = 0; seed < CLUSTERS / 3; seed++) {
    for (const type of typesOf(makePlan(request(seed, { instanceTypes: ['small', 'lean'] }), context())))
      seen.add(type);
  }
  expect([...seen].sort()).toEqual(['lean', 'small']);
});

test('the checker counts types', () => {
  const launched = ['small', 'lean'].map((instanceType, index): LaunchedNode => {
    const labels = { 'node.kubernetes.io/instance-type': instanceType };
    const view = { ...buildNode(`new-${index}`, { labels }), attachLimits: {} };
    return { view, arch: 'amd64', os: 'linux', capacityType: 'on-demand', group: null, daemons: [] };
  });
  const { snapshot, policy } = request(0, { mostInstanceTypes: 1 });
  const input = { snapshot, policy, launched, moves: [], removed: [], limitAttach: () => ({}) };
  expect(checkPlan(input)).toEqual(['2 instance types are launched (policy launch.mostInstanceTypes)']);
  expect(checkPlan({ ...input, launched: launched.slice(0, 1) })).toEqual([]);
});
