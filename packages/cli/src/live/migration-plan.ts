import {
  API_VERSION,
  DEFAULT_POLICY,
  digestOf,
  nodeFingerprint,
  type Plan,
  type Policy,
  type PriceBook,
  planDigest,
  podFingerprint,
  type Snapshot,
  type SnapshotNode,
  type SnapshotPod,
  snapshotDigest,
} from '@restow/model';

/** A person has said what is to be done: every node may be held for it. What the pod keeps on its node goes with it. */
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  pods: { ...DEFAULT_POLICY.pods, moveLocalData: true },
  run: { ...DEFAULT_POLICY.run, heldNodesPerMove: Number.MAX_SAFE_INTEGER, windows: [] },
};

/** The plan of which the only step moves one pod live. */
export function migrationPlan(
  snapshot: Snapshot,
  pod: SnapshotPod,
  to: SnapshotNode,
  book: PriceBook,
  now: Date,
): Plan {
  const { namespace, name, uid } = pod;
  const reference = { namespace, name, uid };
  const from = snapshot.nodes.find((node) => node.name === pod.node)!;
  const nodes = [from, to].map((node) => ({ name: node.name, uid: node.uid, fingerprint: nodeFingerprint(node) }));
  const count = snapshot.nodes.length;
  const plan: Plan = {
    apiVersion: API_VERSION,
    kind: 'Plan',
    metadata: {
      planDigest: '',
      snapshotDigest: snapshotDigest(snapshot),
      priceBookDigest: digestOf(book),
      policyDigest: digestOf(POLICY),
      cluster: snapshot.metadata.cluster,
      anonymised: snapshot.metadata.anonymised,
      basis: 'list',
      seed: 1,
      effort: 'quick',
      engine: 'none',
      createdAt: now.toISOString(),
    },
    policy: POLICY,
    summary: {
      currency: book.currency,
      microsPerHour: { before: 0, after: 0, bound: 0 },
      terms: {
        list: { before: 0, after: 0 },
        effective: { before: 0, after: 0 },
        cashSaving: { low: 0, high: 0 },
        committed: 0,
      },
      gap: null,
      objectiveGap: null,
      status: 'optimal',
      nodes: { before: count, after: count, removed: 0, launched: 0, unpriced: count },
      pods: snapshot.pods.filter((one) => one.node !== null).length,
      moves: 1,
      stallMs: 0,
      movedBytes: 0,
      solveMs: 0,
    },
    target: {
      nodes: [],
      spares: [],
      placements: [{ ...reference, node: to.name, from: from.name, method: 'live', stallMs: 0, movedBytes: 0 }],
      covered: [],
    },
    steps: [{ id: 'migrate', kind: 'move', after: [], node: to.name, pod: reference, method: 'live' }],
    reliesOn: { nodes, pods: [{ ...reference, fingerprint: podFingerprint(pod) }] },
    stays: [],
    notes: [],
  };
  return { ...plan, metadata: { ...plan.metadata, planDigest: planDigest(plan) } };
}
