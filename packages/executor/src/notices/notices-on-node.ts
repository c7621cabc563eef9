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

/** Conditions by which the node problem detector of AKS says so. A freeze is over in seconds, and nothing goes for it. */
const CONDITIONS: typeof TAINTS = {
  PreemptScheduled: { kind: 'spot-interruption', withinMs: 30_000 },
  TerminateScheduled: { kind: 'going', withinMs: null },
  RebootScheduled: { kind: 'maintenance', withinMs: null },
  RedeployScheduled: { kind: 'maintenance', withinMs: null },
};

/** The notices that are written on a node by its taints and conditions, seen at `now` (ms since the epoch). */
export function noticesOnNode({ name, uid, taints, announced = [] }: SnapshotNode, now: number): Notice[] {
  const said = [
    ...taints.map(({ key }) => [key, TAINTS[key]] as const),
    ...announced.map((type) => [type, CONDITIONS[type]] as const),
  ];
  return said.flatMap(([what, meaning]) => {
    if (meaning === undefined) return [];
    const { kind, withinMs } = meaning;
    return [{ id: `${uid} ${what}`, kind, node: name, deadline: withinMs === null ? null : now + withinMs }];
  });
}
