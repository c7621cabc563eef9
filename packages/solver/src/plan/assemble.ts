import {
  API_VERSION,
  digestOf,
  type Effort,
  nodeFingerprint,
  type Placement,
  type Plan,
  type PlanStatus,
  type PriceBook,
  planDigest,
  podFingerprint,
  relativeGap,
  type Snapshot,
  type SnapshotPod,
  type TargetNode,
} from '@restow/model';
import type { Coverage, PriceLookup } from '@restow/pricing';
import { belongsToNode } from '@restow/scheduling';
import type { Movement } from '../moving/movement.ts';
import { movingCosts } from '../moving/moving-costs.ts';
import type { Realisation } from '../order/realise.ts';
import { riskIn } from '../problem/pod-costs.ts';
import type { NodeKind, Problem } from '../problem/problem.ts';
import { staysOf } from './stays.ts';
import { stepsOf } from './steps.ts';
import { basisOf, coveredNodes, termsOf } from './terms.ts';

const MOST_ALTERNATIVES = 5;

export interface PlanFacts {
  /** What the plan is an answer to. */
  readonly asked: { readonly snapshot: Snapshot; readonly book: PriceBook };
  readonly digests: { readonly snapshot: string; readonly priceBook: string };
  /** The same with what was measured counted in. */
  readonly snapshot: Snapshot;
  readonly problem: Problem;
  readonly prices: PriceLookup;
  readonly coverage: Coverage;
  readonly bound: number;
  /** The same for nodes and moves together, with no more moves than the policy allows. */
  readonly objectiveBound: number;
  /** Whether one of them is reached. */
  readonly isProven: boolean;
  readonly duals: ArrayLike<number>;
  readonly realisation: Realisation;
  /** Who waits for a node and will have room on one; null: nobody was asked for. */
  readonly pending: NonNullable<Plan['target']['pending']> | null;
  readonly status: PlanStatus;
  readonly seed: number;
  readonly effort: Effort;
  readonly engine: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly solveMs: number;
}

/** The name of a slot in a plan: the node's own, or one for a node to come, in the order of launching. */
export function namesOf(problem: Problem, realisation: Realisation, taken: ReadonlySet<string>): Map<number, string> {
  const names = new Map(problem.nodes.map(({ node, index }) => [index, node.name]));
  let number = 0;
  for (const { slot } of realisation.launched) {
    let name: string;
    do name = `restow-new-${++number}`;
    while (taken.has(name));
    names.set(slot, name);
  }
  return names;
}

export function assemblePlan(facts: PlanFacts): Plan {
  const { asked, digests, snapshot, problem, bound, objectiveBound, duals, realisation, status } = facts;
  const { policy, movement } = problem;
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  const nameOf = (slot: number) => names.get(slot)!;
  const before = problem.frozenMicrosPerHour + problem.nodes.reduce((sum, { microsPerHour }) => sum + microsPerHour, 0);
  const after = realisation.microsPerHour;
  const launched = realisation.launched.filter(({ spare }) => !spare);
  const predictions = realisation.moves.map(({ pod }) => movement(pod));
  const objective = { ...objectiveParts(problem, realisation), bound: objectiveBound };
  const plan: Plan = {
    apiVersion: API_VERSION,
    kind: 'Plan',
    metadata: {
      planDigest: '',
      snapshotDigest: digests.snapshot,
      priceBookDigest: digests.priceBook,
      policyDigest: digestOf(policy),
      cluster: snapshot.metadata.cluster,
      anonymised: snapshot.metadata.anonymised,
      basis: basisOf(asked.book),
      seed: facts.seed,
      effort: facts.effort,
      engine: facts.engine,
      createdAt: facts.createdAt,
    },
    policy,
    summary: {
      currency: asked.book.currency,
      microsPerHour: { before, after, bound },
      terms: termsOf(facts, nameOf),
      gap: relativeGap(after, bound),
      objective,
      objectiveGap: relativeGap(objective.total, objectiveBound),
      status: facts.isProven && (status === 'effort-reached' || status === 'time-limit') ? 'optimal' : status,
      nodes: {
        before: snapshot.nodes.length,
        after: snapshot.nodes.length - realisation.removed.length + launched.length,
        removed: realisation.removed.length + realisation.launched.length - launched.length,
        launched: realisation.launched.length,
        unpriced: problem.unpriced.length,
      },
      pods: snapshot.pods.filter((pod) => pod.node !== null && !belongsToNode(pod)).length,
      pending: snapshot.pods.filter((pod) => pod.node === null && !pod.terminating && !belongsToNode(pod)).length,
      moves: realisation.moves.length,
      stallMs: predictions.reduce((sum, { stallMs }) => sum + stallMs, 0),
      movedBytes: predictions.reduce((sum, { movedBytes }) => sum + movedBytes, 0),
      solveMs: facts.solveMs,
    },
    target: {
      nodes: targetNodes(snapshot, problem, realisation, nameOf),
      spares: launchedNodes(problem, realisation, nameOf, true),
      placements: placements(snapshot, realisation, nameOf, movement),
      ...(facts.pending === null ? {} : { pending: facts.pending }),
      covered: coveredNodes(facts.coverage),
    },
    steps: stepsOf(problem, realisation, nameOf, (pod) => movement(pod).method),
    reliesOn: reliesOn(asked.snapshot, realisation, nameOf),
    stays: staysOf(snapshot, problem, realisation, facts.pending ?? [], duals),
    notes: [...problem.notes],
  };
  return { ...plan, metadata: { ...plan.metadata, planDigest: planDigest(plan) } };
}

/** The objective by its parts, each rounded by itself: what they add up to is the total. */
function objectiveParts(
  problem: Problem,
  realisation: Realisation,
): Omit<NonNullable<Plan['summary']['objective']>, 'bound'> {
  const costs = movingCosts(problem, realisation);
  const risk = riskIn(problem, realisation);
  const parts = {
    nodes: realisation.microsPerHour,
    moves: Math.round(costs.moves),
    away: Math.round(costs.away),
    traffic: Math.round(costs.traffic),
    surge: Math.round(costs.surge),
    risk: Math.round(risk),
    preferences: Math.round(realisation.podMicrosPerHour - risk),
  };
  return { total: Object.values(parts).reduce((sum, part) => sum + part, 0), ...parts };
}

/** Fingerprints of the pods that move and of the nodes that they leave and come to, or that go. */
function reliesOn(snapshot: Snapshot, realisation: Realisation, nameOf: (slot: number) => string): Plan['reliesOn'] {
  const touched = new Set(realisation.removed.map(nameOf));
  for (const { from, to } of realisation.moves) touched.add(nameOf(from)).add(nameOf(to));
  const moved = new Set(realisation.moves.map(({ pod }) => pod));
  return {
    nodes: snapshot.nodes
      .filter(({ name }) => touched.has(name))
      .map((node) => ({ name: node.name, uid: node.uid, fingerprint: nodeFingerprint(node) })),
    pods: [...moved].map((pod) => {
      const { namespace, name, uid } = pod;
      return { namespace, name, uid, fingerprint: podFingerprint(pod) };
    }),
  };
}

function targetNodes(
  snapshot: Snapshot,
  problem: Problem,
  realisation: Realisation,
  nameOf: (slot: number) => string,
): TargetNode[] {
  const removed = new Set(realisation.removed.map(nameOf));
  const prices = new Map(problem.nodes.map(({ node, microsPerHour }) => [node.name, microsPerHour]));
  const existing = snapshot.nodes
    .filter(({ name }) => !removed.has(name))
    .map((node): TargetNode => {
      const { name, instanceType, zone, capacityType, arch, group } = node;
      const microsPerHour = prices.get(name) ?? problem.frozenPrices.get(name) ?? null;
      return { name, existing: true, instanceType, zone, capacityType, arch, group, microsPerHour, alternatives: [] };
    });
  return [...existing, ...launchedNodes(problem, realisation, nameOf, false)];
}

/** Nodes to come: those that remain, or the spares that only make room on the way. */
function launchedNodes(
  problem: Problem,
  realisation: Realisation,
  nameOf: (slot: number) => string,
  spares: boolean,
): TargetNode[] {
  const alternativesOf = alternativesFinder(problem);
  return realisation.launched
    .filter(({ spare }) => spare === spares)
    .map(({ slot, kind }): TargetNode => {
      const { offering, zone, template, microsPerHour } = kind;
      const { instanceType, capacityType, arch } = offering;
      const pods = realisation.podsBySlot.get(slot) ?? [];
      return {
        name: nameOf(slot),
        existing: false,
        instanceType,
        zone,
        capacityType,
        arch,
        group: template.group,
        microsPerHour,
        alternatives: alternativesOf(kind, pods),
      };
    });
}

/** Finds other kinds that hold the same pods, cheapest first; equal contents are looked at once. */
function alternativesFinder(
  problem: Problem,
): (kind: NodeKind, pods: readonly SnapshotPod[]) => TargetNode['alternatives'] {
  const classOf = new Map(problem.classes.flatMap(({ pods, index }) => pods.map((pod) => [pod, index] as const)));
  const known = new Map<string, TargetNode['alternatives']>();
  return (kind, pods) => {
    const all = pods.map((pod) => classOf.get(pod)!).sort((a, b) => a - b);
    const key = `${kind.index}:${all.join(',')}`;
    let found = known.get(key);
    if (found === undefined) {
      found = findAlternatives(problem, kind, all);
      known.set(key, found);
    }
    return found;
  };
}

function findAlternatives(problem: Problem, kind: NodeKind, content: readonly number[]): TargetNode['alternatives'] {
  const use = new Float64Array(problem.resources.length);
  for (const c of content) {
    problem.classes[c]!.dims.forEach((r, k) => {
      use[r]! += problem.classes[c]!.amounts[k]!;
    });
  }
  const classes = [...new Set(content)];
  const coupled = classes.some((c) => problem.classes[c]!.coupled);
  const result: TargetNode['alternatives'][number][] = [];
  for (const other of problem.allKinds) {
    const same = other.offering === kind.offering && other.zone === kind.zone && other.template === kind.template;
    if (same || !other.usable || other.template.group !== kind.template.group) continue;
    if (coupled && other.domains.some((domain, t) => domain !== kind.domains[t])) continue;
    if (!classes.every((c) => problem.eligible[other.shape]![c] === 1)) continue;
    if (!use.every((amount, r) => amount <= other.capacity[r]!)) continue;
    const { instanceType, capacityType } = other.offering;
    result.push({ instanceType, zone: other.zone, capacityType, microsPerHour: other.microsPerHour });
    if (result.length === MOST_ALTERNATIVES) break;
  }
  return result;
}

function placements(
  snapshot: Snapshot,
  realisation: Realisation,
  nameOf: (slot: number) => string,
  movement: (pod: SnapshotPod) => Movement,
): Placement[] {
  const places = new Map<SnapshotPod, string>();
  for (const [slot, pods] of realisation.podsBySlot) for (const pod of pods) places.set(pod, nameOf(slot));
  return snapshot.pods
    .filter((pod) => pod.node !== null && !belongsToNode(pod))
    .map((pod): Placement => {
      const { namespace, name, uid } = pod;
      const node = places.get(pod) ?? pod.node!;
      return node === pod.node
        ? { namespace, name, uid, node, from: null, method: 'stay', stallMs: 0, movedBytes: 0 }
        : { namespace, name, uid, node, from: pod.node, ...movement(pod) };
    });
}
