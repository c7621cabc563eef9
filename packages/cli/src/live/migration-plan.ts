import {
  DEFAULT_POLICY,
  type Plan,
  type Policy,
  type PriceBook,
  type Snapshot,
  type SnapshotNode,
  type SnapshotPod,
} from '@restow/model';
import { statedPlan } from '@restow/solver';

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
  const { namespace, name, uid, node } = pod;
  const reference = { namespace, name, uid };
  return statedPlan({
    snapshot,
    book,
    policy: POLICY,
    moves: [{ ...reference, node: to.name, from: node!, method: 'live', stallMs: 0, movedBytes: 0 }],
    launched: [],
    removed: new Set(),
    steps: [{ id: 'migrate', kind: 'move', after: [], node: to.name, pod: reference, method: 'live' }],
    effort: 'quick',
    createdAt: now,
  });
}
