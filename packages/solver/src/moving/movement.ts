import type { Method, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { livable, surgeable, worldOf } from '@restow/scheduling';

/** How one pod will move, and what that is predicted to cost besides money. */
export interface Movement {
  readonly method: Method;
  /** Time without the pod while nothing stands in for it. */
  readonly stallMs: number;
  /** Bytes sent from node to node. */
  readonly movedBytes: number;
}

/**
 * Predicts a move. A single replica that may have a second one beside it is never away; of the evicted ones a pod with
 * replicas beside it is stood in for, any other is away while it is stopped and started elsewhere, longer when its volume
 * must follow. By a live move its memory is sent, as far as that is known: what was measured, or what it asked for.
 */
export function predictMovement(snapshot: Snapshot, policy: Policy): (pod: SnapshotPod) => Movement {
  const replicas = new Map<string, number>();
  for (const pod of snapshot.pods) {
    if (pod.owner === null || pod.node === null) continue;
    replicas.set(ownerKey(pod), (replicas.get(ownerKey(pod)) ?? 0) + 1);
  }
  const { evictMs, volumeHandoverMs, liveMs, liveMsPerMebibyte } = policy.stall;
  const world = worldOf(snapshot);
  const maySurge = surgeable(snapshot, policy, world);
  const mayGoLive = livable(snapshot, policy, world);
  const measured = new Map(snapshot.podUsage?.map((one) => [`${one.namespace}/${one.name}`, one.memoryBytes]));
  return (pod) => {
    if (maySurge(pod)) return { method: 'surge', stallMs: 0, movedBytes: 0 };
    if (mayGoLive(pod)) {
      const movedBytes = measured.get(`${pod.namespace}/${pod.name}`) ?? pod.requests.memory ?? 0;
      return { method: 'live', stallMs: Math.round(liveMs + (liveMsPerMebibyte * movedBytes) / 2 ** 20), movedBytes };
    }
    if (pod.claims.length > 0) return { method: 'volume-handover', stallMs: evictMs + volumeHandoverMs, movedBytes: 0 };
    const standIn = pod.owner?.kind !== 'StatefulSet' && (replicas.get(ownerKey(pod)) ?? 1) > 1;
    return { method: 'evict', stallMs: standIn ? 0 : evictMs, movedBytes: 0 };
  };
}

function ownerKey(pod: SnapshotPod): string {
  return `${pod.namespace}/${pod.owner?.kind}/${pod.owner?.name}`;
}
