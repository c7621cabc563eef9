import type { CapacityType, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { type Share, type SharedPlace, sharedPlaceOf, sharesOf } from '@restow/scheduling';

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
  const sharesWith = new Map<SnapshotPod, Share[]>();
  for (const share of sharesOf(snapshot, policy))
    for (const pod of share.pods) sharesWith.set(pod, [...(sharesWith.get(pod) ?? []), share]);
  const placeOf = (of: SharedPlace, node: string) => sharedPlaceOf(of, machineOf(node));
  return (pod, to, position) =>
    (sharesWith.get(pod) ?? []).flatMap(({ of, most, pods, owner }) => {
      const place = placeOf(of, to);
      if (place === null) return [];
      const now = pods.filter((one) => placeOf(of, position.get(one)!) === place).length;
      const start = pods.filter((one) => placeOf(of, one.node!) === place).length;
      const limit = Math.max(most, start);
      return now > limit ? [`${now} pods of ${owner} would be in ${place}, at most ${limit} (policy pods.shares)`] : [];
    });
}
