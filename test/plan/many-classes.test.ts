import { DEFAULT_POLICY, LABEL, type Snapshot, type SnapshotPod, seededRandom, UNCONSTRAINED } from '@restow/model';
import { loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { replayNaively } from '../naive/replay.ts';

const ZONES = ['zone-a', 'zone-b', 'zone-c'];
const WORKLOADS = 260;
const MACHINES = [2, 4, 8, 16].flatMap((cores) => [
  { instanceType: `lean-${cores}`, cores, gib: 2 * cores, pods: 60, microsPerHour: 40_000 * cores },
  { instanceType: `even-${cores}`, cores, gib: 4 * cores, pods: 60, microsPerHour: 50_000 * cores },
  { instanceType: `wide-${cores}`, cores, gib: 8 * cores, pods: 60, microsPerHour: 65_000 * cores },
]);

test('hundreds of kinds of pods, many of them spread over zones or apart, are packed to within 3 % of the bound', {
  timeout: 120_000,
}, async () => {
  const snapshot = clusterOf(seededRandom(1));
  const book = buildPriceBook(MACHINES);
  const policy = { ...DEFAULT_POLICY, movePrice: '0' };
  const quiet = { now: () => 0, stop: () => null, onProgress: () => {} };
  const plan = makePlan(
    { snapshot, book, policy, effort: 'quick', seed: 1 },
    { ...quiet, engines: await loadEngines() },
  );
  expect(replayNaively(snapshot, book, plan, null)).toEqual([]);
  expect(plan.summary.gap).toBeLessThan(0.03);
  expect(plan.summary.microsPerHour.after).toBeLessThan(0.7 * plan.summary.microsPerHour.before);
});

/** Replicas go to the zones in turn, onto one of thirty nodes there that has room and none of the workload, or a new one. */
function clusterOf(random: () => number): Snapshot {
  const below = (n: number) => Math.floor(random() * n);
  const pods: SnapshotPod[] = [];
  const held = new Map<string, number>();
  for (let index = 0; index < WORKLOADS; index++) {
    const app = `app-${index}`;
    const cpu = 100 * (1 + below(20));
    const memory = 2 ** 28 * (1 + below(24));
    const draw = random();
    const selector = { matchLabels: { app }, matchExpressions: [] };
    const spec = {
      ...UNCONSTRAINED,
      topologySpread:
        draw < 0.3
          ? [
              {
                ...{ topologyKey: LABEL.zone, maxSkew: 1, minDomains: null, selector, matchLabelKeys: [] },
                ...{ honourNodeAffinity: true, honourNodeTaints: false },
              },
            ]
          : [],
      podAntiAffinity:
        draw > 0.85
          ? [
              {
                ...{ topologyKey: LABEL.hostname, selector, namespaces: [], namespaceSelector: null },
                ...{ matchLabelKeys: [], mismatchLabelKeys: [] },
              },
            ]
          : [],
    };
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: `rs-${app}` };
    const replicas = 1 + below(5);
    for (let replica = 0; replica < replicas; replica++) {
      const node = `node-${ZONES[replica % 3]}-${below(30)}`;
      const full =
        (held.get(node) ?? 0) + cpu > 15_000 || pods.some((pod) => pod.node === node && pod.labels.app === app);
      const home = full ? `node-${ZONES[replica % 3]}-${30 + held.size}` : node;
      held.set(home, (held.get(home) ?? 0) + cpu);
      pods.push(
        buildPod(`${app}-${replica}`, home, { requests: { cpu, memory, pods: 1 }, owner, labels: { app }, spec }),
      );
    }
  }
  const nodes = [...held.keys()].map((name) => {
    const zone = ZONES.find((one) => name.includes(one))!;
    const allocatable = { cpu: 16_000, memory: 128 * 2 ** 30, pods: 60 };
    return buildNode(name, { instanceType: 'wide-16', zone, allocatable });
  });
  return buildSnapshot({ nodes, pods });
}
