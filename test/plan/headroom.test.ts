import { DEFAULT_POLICY, nodeFingerprint, type Plan, type Snapshot, type SnapshotPod } from '@restow/model';
import { type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { buildNode, buildPod, buildPriceBook, buildSnapshot, generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';

const CLUSTERS = process.env.RESTOW_SOAK === '1' ? 2_000 : 80;
const FREE = 0.2;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

function plan(seed: number, headroom: { cpuFraction: number; memoryFraction: number }) {
  const { snapshot, book, policy } = generateCluster(seed);
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  const made = makePlan(
    { snapshot, book, policy: { ...policy, movePrice: '0', headroom }, effort: 'quick', seed: 1 },
    context,
  );
  return { snapshot, book, made };
}

/** By node that pods have come to: what its pods ask for in the end, daemons aside. */
function askedFor({ target }: Plan, { pods }: Snapshot): Map<string, { cpu: number; memory: number }> {
  const where = new Map<SnapshotPod, string>(pods.map((pod) => [pod, pod.node!]));
  const come = new Set<string>();
  for (const { namespace, name, node, from } of target.placements) {
    if (from === null) continue;
    come.add(node);
    where.set(pods.find((pod) => pod.namespace === namespace && pod.name === name)!, node);
  }
  return new Map(
    [...come].map((node) => {
      const here = pods.filter((pod) => where.get(pod) === node);
      const sum = (resource: 'cpu' | 'memory') =>
        here.reduce((total, { requests }) => total + (requests[resource] ?? 0), 0);
      return [node, { cpu: sum('cpu'), memory: sum('memory') }];
    }),
  );
}

test(`${CLUSTERS} generated clusters: where pods come, the wanted part stays free`, () => {
  let dearer = 0;
  let come = 0;
  for (let seed = 0; seed < CLUSTERS; seed++) {
    const { snapshot, book, made } = plan(seed, { cpuFraction: FREE, memoryFraction: FREE / 2 });
    const machines = new Map([...made.target.nodes, ...made.target.spares].map((node) => [node.name, node]));
    for (const [node, { cpu, memory }] of askedFor(made, snapshot)) {
      const own = snapshot.nodes.find(({ name }) => name === node)?.allocatable;
      const type = machines.get(node)!.instanceType;
      const { cpu: cores, memory: bytes } =
        own ?? book.offerings.find(({ instanceType }) => instanceType === type)!.allocatable;
      expect(cpu, `seed ${seed}: ${node}`).toBeLessThanOrEqual((1 - FREE) * cores!);
      expect(memory, `seed ${seed}: ${node}`).toBeLessThanOrEqual((1 - FREE / 2) * bytes!);
      come++;
    }
    // Executors compare the cluster with what a plan relies on.
    const stated = snapshot.nodes.map(nodeFingerprint);
    for (const { fingerprint } of made.reliesOn.nodes) expect(stated).toContain(fingerprint);
    const free = plan(seed, { cpuFraction: 0, memoryFraction: 0 }).made.summary.microsPerHour;
    expect(made.summary.microsPerHour.before).toBe(free.before);
    if (made.summary.microsPerHour.after > free.after) dearer++;
  }
  expect(come).toBeGreaterThan(CLUSTERS / 2);
  expect(dearer).toBeGreaterThan(CLUSTERS / 10);
});

test('of a large cluster the rest is packed too where a pod has no place but the one that it has', () => {
  const names = Array.from({ length: 131 }, (_, index) => `node-${index}`);
  const snapshot = buildSnapshot({
    nodes: names.map((name) => buildNode(name)),
    pods: [
      buildPod('large', 'node-0', { requests: { cpu: 3_900, memory: 2 ** 30 } }),
      ...names.slice(1).flatMap((name) => [buildPod(`${name}-a`, name), buildPod(`${name}-b`, name)]),
    ],
  });
  const book = buildPriceBook([{ instanceType: 'standard-4', cores: 4, gib: 16, pods: 20, microsPerHour: 100_000 }]);
  const policy = { ...DEFAULT_POLICY, movePrice: '0', headroom: { cpuFraction: 0.1, memoryFraction: 0 } };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  const { summary } = makePlan({ snapshot, book, policy, effort: 'quick', seed: 1 }, context);
  // Seven pods of half a core to a node of which 3.6 may be asked for, and the one that is full already.
  expect(summary.nodes.after).toBe(Math.ceil(260 / 7) + 1);
});
