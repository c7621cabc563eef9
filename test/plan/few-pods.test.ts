import { DEFAULT_POLICY, LABEL, type Plan, type Snapshot, type SnapshotPod } from '@restow/model';
import { type LpEngines, loadEngines, makePlan, type PlanRequest } from '@restow/solver';
import { generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { cheapestNaively } from '../naive/cheapest.ts';

const SEEDS = process.env.RESTOW_SOAK === '1' ? 4_000 : 120;
const MOST_PODS = 10;
const ATTACH_LIMIT = 2;
const AWAY_MICROS_PER_SECOND = 400;
const SECOND_AWAY = { pods: '', namespaces: [], interruption: '0', perSecondAway: '0.0004' };
/** Nodes that come are there at once, so that none is paid for beside another. */
const NO_TIME = { ...DEFAULT_POLICY.evacuation.rates, launchMs: 0, startMs: 0, stopMs: 0 };

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/**
 * A generated cluster of priced nodes without rules that couple nodes; null: it has other nodes, or one with more volumes
 * than it may have, to which restow sends nothing, whatever the scheduler would.
 */
function uncoupled(seed: number): PlanRequest | null {
  const { snapshot, book, policy } = generateCluster(seed);
  const isPriced = snapshot.nodes.every(({ instanceType, capacityType, arch }) =>
    book.offerings.some(
      (one) => one.instanceType === instanceType && one.capacityType === capacityType && one.arch === arch,
    ),
  );
  const volumesOn = ({ name }: { name: string }) =>
    snapshot.pods.flatMap(({ node, claims }) => (node === name ? claims : [])).length;
  if (!isPriced || snapshot.nodes.some((node) => volumesOn(node) > ATTACH_LIMIT)) return null;
  const nodes = snapshot.nodes.map((node) => ({ ...node, owner: 'karpenter' as const, unschedulable: false }));
  const pods = snapshot.pods.map((pod) => {
    const podAntiAffinity = pod.spec.podAntiAffinity.filter(({ topologyKey }) => topologyKey === LABEL.hostname);
    return { ...pod, spec: { ...pod.spec, podAntiAffinity, podAffinity: [], topologySpread: [] } };
  });
  return {
    snapshot: { ...snapshot, nodes, pods },
    book,
    policy: {
      ...policy,
      maxMoves: null,
      onlyRemove: false,
      minimumSavingFraction: 0,
      pods: { ...policy.pods, surge: false, live: false },
      stall: { ...policy.stall, evictMs: 15_000, volumeHandoverMs: 30_000 },
      evacuation: { ...policy.evacuation, rates: NO_TIME, values: [SECOND_AWAY] },
    },
    effort: 'quick',
    seed: 1,
  };
}

/** The same, with every third pod pending whose like runs. */
function withPending(request: PlanRequest): PlanRequest {
  const { snapshot, policy } = request;
  const pods = snapshot.pods.map((pod, index) => {
    const isLike = ({ node, owner }: SnapshotPod, at: number) =>
      at % 3 !== 0 && node !== null && owner?.uid === pod.owner?.uid;
    return index % 3 === 0 && pod.owner !== null && snapshot.pods.some(isLike) ? { ...pod, node: null } : pod;
  });
  return {
    ...request,
    snapshot: { ...snapshot, pods },
    policy: { ...policy, pending: { ...policy.pending, makeRoom: true } },
  };
}

/** The same, where it counts on which node a pod is: every second one prefers one kind of disk, and spot nodes are often interrupted. */
function withPodCosts(request: PlanRequest): PlanRequest {
  const { snapshot, policy } = request;
  const term = { matchExpressions: [{ key: 'disk', operator: 'In' as const, values: ['ssd'] }], matchFields: [] };
  const preferences = { nodes: [{ weight: 50, term }], podAffinity: [], podAntiAffinity: [], topologySpread: [] };
  const pods = snapshot.pods.map((pod, index) =>
    index % 2 === 0 ? { ...pod, spec: { ...pod.spec, preferences } } : pod,
  );
  return {
    ...request,
    snapshot: { ...snapshot, pods },
    policy: {
      ...policy,
      pods: { ...policy.pods, preferencePrice: '0.08', capacityTypes: ['on-demand', 'spot'] },
      prices: {
        ...policy.prices,
        interruptions: [{ perMonth: 73, capacityTypes: ['spot'], families: [], instanceTypes: [] }],
      },
      evacuation: { ...policy.evacuation, values: [{ ...SECOND_AWAY, interruption: '0.3' }] },
    },
  };
}

/** In micros: half the price of a preference, and a tenth of what an interruption is worth. */
function costsOfPlaces({ spec }: SnapshotPod, labels: Readonly<Record<string, string>>, capacityType: string): number {
  const unmet = spec.preferences !== undefined && labels.disk !== 'ssd';
  return (unmet ? 40_000 : 0) + (capacityType === 'spot' ? 30_000 : 0);
}

/** Nobody is there in the place of a pod with a name of its own, or of the only one; volumes follow it. */
function secondsAway(pod: SnapshotPod, { pods }: Snapshot): number {
  if (pod.claims.length > 0) return 45;
  const alike = pods.filter(({ owner, node }) => node !== null && owner?.uid === pod.owner?.uid);
  return pod.owner?.kind === 'StatefulSet' || alike.length === 1 ? 15 : 0;
}

/** Pods that stay for their own sake, as the plan says; whether others have another place is for the comparison to find. */
function staying({ stays }: Plan): Set<string> {
  const own = stays.filter(({ kind, reasons }) => kind === 'Pod' && !/^no other node|^it is pending/.test(reasons[0]!));
  return new Set(own.map(({ namespace, name }) => `${namespace}/${name}`));
}

test.for([
  [
    'of a few pods the plan is the cheapest that there is, as trying everything finds it',
    (request: PlanRequest) => request,
  ],
  ['with a place for those that are pending too', withPending],
  ['with what they prefer and what they risk where they are', withPodCosts],
] as const)('%s', { timeout: 3_600_000 }, ([, changed]) => {
  let compared = 0;
  let saved = 0;
  let proven = 0;
  let dearer = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const generated = uncoupled(seed);
    if (generated === null) continue;
    const request = changed(generated);
    const { snapshot, book, policy } = request;
    const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
    const plan = makePlan(request, context);
    const fixed = staying(plan);
    const mobile = snapshot.pods.length - fixed.size;
    if (mobile === 0 || mobile > MOST_PODS) continue;
    const microsOfMove = (pod: SnapshotPod) =>
      pod.node === null
        ? 0
        : (Number(policy.movePrice) * 1e6 + AWAY_MICROS_PER_SECOND * secondsAway(pod, snapshot)) / policy.horizonHours;
    const { microsPerHour } = plan.summary;
    // What makes room for others on the way moves more often; trying everything knows no way.
    const elsewhere = plan.target.placements.flatMap(({ from, uid }) =>
      from === null ? [] : snapshot.pods.filter((pod) => pod.uid === uid),
    );
    const { capacityTypes } = policy.pods;
    const microsOfPlace = changed === withPodCosts ? costsOfPlaces : () => 0;
    const rules = { capacityTypes, microsOfMove, microsOfPlace, attachLimit: ATTACH_LIMIT };
    const least = cheapestNaively({ snapshot, book, fixed, ...rules });
    const moving = elsewhere.reduce((sum, pod) => sum + microsOfMove(pod), 0);
    const labelsOf = new Map(snapshot.nodes.map(({ name, labels }) => [name, labels]));
    const targets = new Map(plan.target.nodes.map((node) => [node.name, node]));
    const places = plan.target.placements.reduce((sum, { namespace, name, uid, node }) => {
      const pod = snapshot.pods.find((one) => one.uid === uid)!;
      if (fixed.has(`${namespace}/${name}`)) return sum;
      return sum + microsOfPlace(pod, labelsOf.get(node) ?? {}, targets.get(node)!.capacityType);
    }, 0);
    const { risk, preferences } = plan.summary.objective!;
    expect(risk! + preferences!, `seed ${seed}`).toBe(places);
    const waiting = plan.stays.filter(({ reasons }) => reasons[0]!.startsWith('it is pending'));
    expect(waiting.length > 0, `seed ${seed}`).toBe(least === Number.POSITIVE_INFINITY);
    if (waiting.length > 0) continue;
    const total = microsPerHour.after + moving + places;
    // Pods that would change places, and find no third one on the way, stay where they are: trying everything knows no way.
    if (changed === withPodCosts && total > least + 1e-3) dearer++;
    else expect(total, `seed ${seed}`).toBeCloseTo(least, 3);
    expect(plan.summary.objective!.bound, `seed ${seed}`).toBeLessThanOrEqual(Math.ceil(least));
    if (plan.summary.objectiveGap! < 1e-3) proven++;
    compared++;
    if (microsPerHour.after !== microsPerHour.before) saved++;
  }
  expect(compared).toBeGreaterThan(SEEDS / 2);
  expect(saved).toBeGreaterThan(SEEDS / 4);
  expect(proven).toBeGreaterThan(0.8 * compared);
  expect(dearer).toBeLessThan(0.01 * compared);
});
