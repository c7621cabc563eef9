import type { CapacityType, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { type SharedPlace, sharedPlaceOf, sharesOf } from '@restow/scheduling';

type Machine = { readonly capacityType: CapacityType; readonly zone: string | null };

/**
 * Which shares that policy asks for (`pods.shares`) are passed by a pod that has come to a node, given where everybody is.
 * As many as were in a place at the start may be there.
 */
export function shareRefusals(
  snapshot: Snapshot,
  policy: Policy,
  machineOf: (node: string) => Machine,
): (pod: SnapshotPod, to: string, position: ReadonlyMap<SnapshotPod, string>) => string[] {
  const shares = sharesOf(snapshot, policy);
  const placeOf = (of: SharedPlace, node: string) => sharedPlaceOf(of, machineOf(node));
  return (pod, to, position) =>
    shares.flatMap(({ of, most, pods, owner }) => {
      const place = placeOf(of, to);
      if (place === null || !pods.includes(pod)) return [];
      const now = pods.filter((one) => placeOf(of, position.get(one)!) === place).length;
      const start = pods.filter((one) => placeOf(of, one.node!) === place).length;
      const limit = Math.max(most, start);
      return now > limit ? [`${now} pods of ${owner} would be in ${place}, at most ${limit} (policy pods.shares)`] : [];
    });
}
