import {
  API_VERSION,
  digestOf,
  type Effort,
  type Evacuation,
  nodeFingerprint,
  type Placement,
  type Plan,
  type PlanStatus,
  type PlanStep,
  type Policy,
  type PriceBook,
  planDigest,
  podFingerprint,
  type Snapshot,
  snapshotDigest,
  type TargetNode,
} from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { belongsToNode } from '@restow/scheduling';
import { basisOf } from './terms.ts';

/** What somebody has said is to be done, and everything that a plan says besides. */
export interface StatedPlan {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly policy: Policy;
  /** Of the pods that move. */
  readonly moves: readonly Placement[];
  readonly launched: readonly TargetNode[];
  readonly removed: ReadonlySet<string>;
  readonly steps: readonly PlanStep[];
  readonly evacuation?: Evacuation;
  readonly effort: Effort;
  readonly status?: PlanStatus;
  readonly createdAt: Date;
}

/** The plan of what was said; nothing is proved of it, so its bound is 0. */
export function statedPlan(stated: StatedPlan): Plan {
  const { snapshot, book, policy, moves, launched, removed, steps, evacuation, effort, createdAt } = stated;
  const { status = 'effort-reached' } = stated;
  const lookup = new PriceLookup(book);
  const targets = snapshot.nodes.map((node): TargetNode => {
    const { name, instanceType, zone, capacityType, arch, group } = node;
    const microsPerHour = lookup.priceOf(node)?.microsPerHour ?? null;
    return { name, existing: true, instanceType, zone, capacityType, arch, group, microsPerHour, alternatives: [] };
  });
  const cost = (nodes: readonly TargetNode[]) => nodes.reduce((sum, one) => sum + (one.microsPerHour ?? 0), 0);
  const before = cost(targets);
  const stay = targets.filter(({ name }) => !removed.has(name));
  const after = cost(stay) + cost(launched);
  const touched = new Set([...moves.flatMap(({ node, from }) => [node, from]), ...removed]);
  const moved = new Set(moves.map(({ uid }) => uid));
  const plan: Plan = {
    apiVersion: API_VERSION,
    kind: 'Plan',
    metadata: {
      planDigest: '',
      snapshotDigest: snapshotDigest(snapshot),
      priceBookDigest: digestOf(book),
      policyDigest: digestOf(policy),
      cluster: snapshot.metadata.cluster,
      anonymised: snapshot.metadata.anonymised,
      basis: basisOf(book),
      seed: 1,
      effort,
      engine: 'none',
      createdAt: createdAt.toISOString(),
    },
    policy,
    summary: {
      currency: book.currency,
      microsPerHour: { before, after, bound: 0 },
      terms: {
        list: { before, after },
        effective: null,
        cashSaving: { low: before - after, high: before - after },
        committed: null,
      },
      gap: after === 0 ? 0 : null,
      objective: null,
      objectiveGap: null,
      status,
      nodes: {
        before: targets.length,
        after: stay.length + launched.length,
        removed: removed.size,
        launched: launched.length,
        unpriced: targets.filter(({ microsPerHour }) => microsPerHour === null).length,
      },
      pods: snapshot.pods.filter((pod) => pod.node !== null && !belongsToNode(pod)).length,
      moves: moves.length,
      stallMs: moves.reduce((sum, { stallMs }) => sum + stallMs, 0),
      movedBytes: moves.reduce((sum, { movedBytes }) => sum + movedBytes, 0),
      solveMs: 0,
    },
    target: { nodes: [...stay, ...launched], spares: [], placements: moves, covered: [] },
    steps,
    reliesOn: {
      nodes: snapshot.nodes
        .filter(({ name }) => touched.has(name))
        .map((node) => ({ name: node.name, uid: node.uid, fingerprint: nodeFingerprint(node) })),
      pods: snapshot.pods
        .filter(({ uid }) => moved.has(uid))
        .map((pod) => ({
          namespace: pod.namespace,
          name: pod.name,
          uid: pod.uid,
          fingerprint: podFingerprint(pod),
        })),
    },
    stays: [],
    ...(evacuation === undefined ? {} : { evacuation }),
    notes: [],
  };
  return { ...plan, metadata: { ...plan.metadata, planDigest: planDigest(plan) } };
}
