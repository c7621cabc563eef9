import type { SnapshotPod } from '@restow/model';
import { nameOf, reconcileOwner, stopPod } from './pods.ts';
import type { World } from './world.ts';
import type { WorldPod } from './world-state.ts';

/** The pod's owner wants one more, which comes up where it is wanted if that can be said. */
export function beginSurge(world: World, pod: SnapshotPod, order: string, wanted: string | null): void {
  const owner = pod.owner!.uid;
  const { owners, vacancies, surges } = world.state;
  surges.set(pod.uid, { order, owner });
  world.log({ kind: 'pod-surging', uid: pod.uid, name: nameOf(pod), node: pod.node!, order });
  vacancies.set(owner, [...(vacancies.get(owner) ?? []), { pod, wanted }]);
  owners.set(owner, { ...owners.get(owner)!, replicas: owners.get(owner)!.replicas + 1 });
  reconcileOwner(world, owner);
}

/** The owner wants one less again, which is the pod itself if it shall give way and another is there. */
export function endSurge(world: World, uid: string, givesWay: boolean): void {
  const { owners, vacancies, surges, pods } = world.state;
  const { owner } = surges.get(uid)!;
  const second = standInOf(world, uid);
  surges.delete(uid);
  owners.set(owner, { ...owners.get(owner)!, replicas: owners.get(owner)!.replicas - 1 });
  const first = pods.get(uid);
  const leaves = givesWay ? first : second;
  if (first === undefined || first.pod.terminating || leaves == null) {
    reconcileOwner(world, owner);
    return;
  }
  stopPod(world, leaves.pod.uid);
  vacancies.get(owner)?.pop();
}

/** What has been made to take the pod's place. */
export function standInOf(world: World, uid: string): WorldPod | null {
  const owner = world.state.surges.get(uid)?.owner;
  const others = [...world.state.pods.values()].filter(
    ({ pod }) => pod.owner?.uid === owner && pod.uid !== uid && !pod.terminating,
  );
  return others.find(({ readySince }) => readySince !== null) ?? others[0] ?? null;
}
