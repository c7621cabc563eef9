import { MEASURED_MEMORY, type Resources, type SnapshotPod } from '@restow/model';
import type { PlanRequest } from '../make-plan.ts';
import { withAllocatable } from './with-allocatable.ts';

/** Of an eighth of a power of two: owners that use nearly the same stay alike to the solver. */
const STEPS = 8;

/**
 * The same request with one resource more, where something measures: what pods use of memory, and the part of each
 * node's that the policy lets them use. Pods of one owner count as the one of them that uses most, so that they stay
 * interchangeable; one that was never measured counts as what it requests.
 */
export function withMeasuredMemory(request: PlanRequest): PlanRequest {
  const { snapshot, policy } = request;
  const { memoryFraction } = policy.usage;
  const { podUsage } = snapshot;
  if (podUsage === null || memoryFraction === null) return request;
  const measured = new Map(podUsage.map(({ namespace, name, memoryBytes }) => [`${namespace}/${name}`, memoryBytes]));
  const mostByOwner = new Map<string, number>();
  for (const pod of snapshot.pods) {
    const bytes = measured.get(`${pod.namespace}/${pod.name}`);
    if (bytes !== undefined) mostByOwner.set(ownerOf(pod), Math.max(bytes, mostByOwner.get(ownerOf(pod)) ?? 0));
  }
  const uses = (requests: Resources, owner: string): Resources => {
    const bytes = mostByOwner.get(owner) ?? requests.memory ?? 0;
    return bytes === 0 ? requests : { ...requests, [MEASURED_MEMORY]: roundUp(bytes) };
  };
  const withRoom = withAllocatable(request, (allocatable) =>
    allocatable.memory === undefined
      ? allocatable
      : { ...allocatable, [MEASURED_MEMORY]: Math.floor(allocatable.memory * memoryFraction) },
  );
  return {
    ...withRoom,
    snapshot: {
      ...withRoom.snapshot,
      pods: snapshot.pods.map((pod) => ({ ...pod, requests: uses(pod.requests, ownerOf(pod)) })),
      owners: snapshot.owners.map((owner) =>
        owner.daemon === null
          ? owner
          : { ...owner, daemon: { ...owner.daemon, requests: uses(owner.daemon.requests, owner.uid) } },
      ),
    },
  };
}

function ownerOf({ owner, uid }: SnapshotPod): string {
  return owner?.uid ?? uid;
}

function roundUp(bytes: number): number {
  const step = Math.max(1, 2 ** (Math.floor(Math.log2(bytes)) - Math.log2(STEPS)));
  return Math.ceil(bytes / step) * step;
}
