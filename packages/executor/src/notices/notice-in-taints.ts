import type { SnapshotNode } from '@restow/model';
import type { Notice } from '../ports/notice-source.ts';

/**
 * Taints by which others say that a node will go, and how long it has from then on; null: nobody knows. AWS Node
 * Termination Handler's (docs/taint) and GKE's (graceful termination of spot nodes).
 */
const TAINTS: Readonly<Record<string, { readonly kind: Notice['kind']; readonly withinMs: number | null }>> = {
  'aws-node-termination-handler/spot-itn': { kind: 'spot-interruption', withinMs: 120_000 },
  'aws-node-termination-handler/rebalance-recommendation': { kind: 'rebalance-hint', withinMs: null },
  'aws-node-termination-handler/scheduled-maintenance': { kind: 'maintenance', withinMs: null },
  'aws-node-termination-handler/asg-lifecycle-termination': { kind: 'going', withinMs: null },
  'cloud.google.com/impending-node-termination': { kind: 'spot-interruption', withinMs: 25_000 },
};

/** The notices that are written on a node, seen at `now` (ms since the epoch). */
export function noticesInTaints({ name, uid, taints }: SnapshotNode, now: number): Notice[] {
  return taints.flatMap(({ key }) => {
    const said = TAINTS[key];
    if (said === undefined) return [];
    const { kind, withinMs } = said;
    return [{ id: `${uid} ${key}`, kind, node: name, deadline: withinMs === null ? null : now + withinMs }];
  });
}
