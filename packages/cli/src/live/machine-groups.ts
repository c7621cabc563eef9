import type { MachineGroups } from '@restow/executor';
import type { Snapshot, SnapshotNode } from '@restow/model';

/** These have objects in the cluster through which their nodes come and go. */
const BY_OBJECTS: ReadonlySet<SnapshotNode['owner']> = new Set(['karpenter', 'cluster-api']);
const AWS_ID = /^aws:\/\/\/([a-z0-9-]+)[a-z]\//;

/** The clouds' groups that the cluster's nodes are of, by what the nodes say that they are. */
export async function openMachineGroups({ nodes }: Snapshot): Promise<readonly MachineGroups[]> {
  const ids = nodes.flatMap(({ owner, providerId }) => (BY_OBJECTS.has(owner) ? [] : (providerId ?? [])));
  const regions = new Set(ids.flatMap((id) => AWS_ID.exec(id)?.[1] ?? []));
  if (regions.size === 0) return [];
  const { AutoScalingGroups } = await import('@restow/aws');
  return [...regions].map((region) => new AutoScalingGroups({ region, now: Date.now }));
}
