import { LABEL, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import type { World } from '../views.ts';

/**
 * Which pods may move live, with memory, files and connections: those of StatefulSets, which are made again under the
 * same name, whose volumes other nodes have too. Only where every node that takes pods has an agent, because where a pod
 * goes is decided later. What its processes do, which may forbid it, its agent sees when its turn comes.
 */
export function livable(snapshot: Snapshot, policy: Policy, world: World): (pod: SnapshotPod) => boolean {
  const hasAgent = ({ labels }: Snapshot['nodes'][number]) => labels[LABEL.restowAgent] === 'true';
  const takesPods = snapshot.nodes.filter(({ labels }) => labels[LABEL.controlPlane] === undefined);
  if (!policy.pods.live || takesPods.length === 0 || !takesPods.every(hasAgent)) return () => false;
  return (pod) =>
    pod.owner?.kind === 'StatefulSet' &&
    pod.resourceClaims.length === 0 &&
    pod.claims.every((claim) => world.volumes.get(`${pod.namespace}/${claim}`)?.accessModes.includes('ReadWriteMany'));
}
