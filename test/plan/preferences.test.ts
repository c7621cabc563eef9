import { DEFAULT_POLICY, LABEL, type Plan, type Policy, type Preferences, UNCONSTRAINED } from '@restow/model';
import { NO_PREFERENCES } from '@restow/scheduling';
import { type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const BOOK = buildPriceBook([
  { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 200_000 },
  { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 60_000, capacityType: 'spot' },
]);

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Pods of one core each, as many as the text has letters, on nodes for four of them: `aab` on the first, `a` on the second … */
function planOf(
  nodes: readonly string[],
  preferencesOf: (app: string) => Partial<Preferences>,
  change: Partial<Policy['pods']>,
  nodeChange: Parameters<typeof buildNode>[1][] = [],
): Plan {
  const snapshot = buildSnapshot({
    nodes: nodes.map((_, index) => buildNode(`node-${index}`, nodeChange[index])),
    pods: nodes.flatMap((apps, index) =>
      [...apps].map((app, k) =>
        buildPod(`${app}-${index}-${k}`, `node-${index}`, {
          requests: { cpu: 1000 },
          labels: { app },
          owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: app },
          spec: { ...UNCONSTRAINED, preferences: { ...NO_PREFERENCES, ...preferencesOf(app) } },
        }),
      ),
    ),
  });
  const policy = { ...DEFAULT_POLICY, movePrice: '0.001', pods: { ...DEFAULT_POLICY.pods, ...change } };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ snapshot, book: BOOK, policy, effort: 'normal', seed: 1 }, context);
}

function appsByNode({ target }: Plan): string[] {
  const pods = Object.groupBy(target.placements, ({ node }) => node);
  return target.nodes.map(({ name }) =>
    (pods[name] ?? [])
      .map((pod) => pod.name[0]!)
      .sort()
      .join(''),
  );
}

const term = (app: string, topologyKey: string) => ({
  topologyKey,
  selector: { matchLabels: { app }, matchExpressions: [] },
  namespaces: [],
  namespaceSelector: null,
  matchLabelKeys: [],
  mismatchLabelKeys: [],
});

test('pods that would rather be apart are, where that costs less than they say, and stay where it does not', () => {
  const apart = () => ({ podAntiAffinity: [{ weight: 50, term: term('a', LABEL.hostname) }] });
  // The second node stays for its five pods' sake.
  const nodes = ['aa', 'bbb'];
  const heeded = planOf(nodes, (app) => (app === 'a' ? apart() : {}), { preferencePrice: '0.02' });
  expect(appsByNode(heeded)).toEqual(['a', 'abbb']);
  expect(heeded.summary.objective).toMatchObject({ preferences: 0, nodes: 400_000 });
  const dear = planOf(nodes, (app) => (app === 'a' ? apart() : {}), { preferencePrice: '0.00001' });
  expect(appsByNode(dear)).toEqual(['aa', 'bbb']);
  // Half of ten micros, of two.
  expect(dear.summary.objective!.preferences).toBe(10);
  const unheard = planOf(nodes, (app) => (app === 'a' ? apart() : {}), {});
  expect(unheard.summary).toMatchObject({ moves: 0, objective: { preferences: 0 } });
});

test('pods that would rather be together come together', () => {
  const together = { podAffinity: [{ weight: 100, term: term('b', LABEL.hostname) }] };
  const plan = planOf(['accc', 'bdd'], (app) => (app === 'a' ? together : {}), { preferencePrice: '0.02' });
  expect(appsByNode(plan)).toEqual(['ccc', 'abdd']);
});

test('a spread that is not required is kept where that is cheaper than to break it', () => {
  const spread = {
    topologySpread: [
      {
        topologyKey: LABEL.zone,
        maxSkew: 1,
        minDomains: null,
        selector: { matchLabels: { app: 'a' }, matchExpressions: [] },
        matchLabelKeys: [],
        honourNodeAffinity: true,
        honourNodeTaints: false,
      },
    ],
  };
  const zones = [{ zone: 'zone-a' }, { zone: 'zone-b' }];
  const of = (preferencePrice: string) =>
    planOf(['aaaa', 'b'], (app) => (app === 'a' ? spread : {}), { preferencePrice }, zones);
  expect(appsByNode(of('0.02'))).toEqual(['aa', 'aab']);
  expect(of('0').summary.moves).toBe(0);
});

test('a node with a taint that only prefers is left where another has room', () => {
  const tainted = [{ taints: [{ key: 'old', value: '', effect: 'PreferNoSchedule' }] }, {}, {}];
  const plan = planOf(['aa', 'bb', 'c'], () => ({}), { preferencePrice: '0.02' }, tainted);
  expect(plan.steps.flatMap(({ kind, node }) => (kind === 'remove' ? [node] : []))).toEqual(['node-0']);
});

test('spot is bought where its interruptions cost less than it saves', () => {
  const of = (interruption: string) => {
    const snapshot = buildSnapshot({
      nodes: [buildNode('one')],
      pods: [0, 1, 2].map((k) => buildPod(`a-${k}`, 'one', { requests: { cpu: 1000 } })),
    });
    const policy: Policy = {
      ...DEFAULT_POLICY,
      pods: { ...DEFAULT_POLICY.pods, capacityTypes: ['spot'] },
      prices: {
        ...DEFAULT_POLICY.prices,
        interruptions: [{ perMonth: 7.3, capacityTypes: ['spot'], families: [], instanceTypes: [] }],
      },
      evacuation: {
        ...DEFAULT_POLICY.evacuation,
        values: [{ pods: '', namespaces: [], interruption, perSecondAway: null }],
      },
    };
    const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
    return makePlan({ snapshot, book: BOOK, policy, effort: 'normal', seed: 1 }, context);
  };
  const cheap = of('1');
  expect(cheap.target.nodes.map(({ capacityType }) => capacityType)).toEqual(['spot']);
  // A hundredth an hour, of one unit each.
  expect(cheap.summary.objective!.risk).toBe(3 * 10_000);
  const dear = of('10');
  expect(dear.target.nodes.map(({ capacityType }) => capacityType)).toEqual(['on-demand']);
  expect(dear.summary.objective!.risk).toBe(0);
});
