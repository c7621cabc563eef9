import type { MachineGroups } from '@restow/executor';
import type { Snapshot, SnapshotNode } from '@restow/model';
import { CLOUDS } from '../clouds.ts';

/** These have objects in the cluster through which their nodes come and go. */
const BY_OBJECTS: ReadonlySet<SnapshotNode['owner']> = new Set(['karpenter', 'cluster-api']);

/** The clouds' groups that the cluster's nodes are of, by what the nodes say that they are. */
export async function openMachineGroups({ nodes }: Snapshot): Promise<readonly MachineGroups[]> {
  const ids = nodes.flatMap(({ owner, providerId }) => (BY_OBJECTS.has(owner) ? [] : (providerId ?? [])));
  const opened = Object.values(CLOUDS).flatMap((cloud) => {
    const regions = new Set(ids.flatMap((id) => cloud.machineAt(id)?.region ?? []));
    return [...regions].map((region) => cloud.groups(region));
  });
  return Promise.all(opened);
}
