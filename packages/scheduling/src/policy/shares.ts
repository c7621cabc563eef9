import type { CapacityType, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { parseLabelSelector } from '../label-selector.ts';
import { isInScope } from './pod-scope.ts';

/** Pods of one owner of which policy wants no more than so many in one place. */
export interface Share {
  readonly of: SharedPlace;
  readonly most: number;
  readonly pods: readonly SnapshotPod[];
  /** What the pods are of, for people. */
  readonly owner: string;
}

/** What is counted together: nodes of the spot market, or those of each zone. */
export type SharedPlace = Policy['pods']['shares'][number]['of'];

/**
 * What policy `pods.shares` asks of the pods that run, owner by owner: a Deployment's are those of all its ReplicaSets. So
 * many of them as the part comes to, rounded down; of a zone at least one. Of each pod the first entry of a kind counts
 * that selects it.
 */
export function sharesOf({ pods, owners }: Snapshot, policy: Policy): Share[] {
  const ownerOf = new Map(owners.map((owner) => [owner.uid, owner.owner]));
  const entries = policy.pods.shares.map((entry) => ({ ...entry, selector: parseLabelSelector(entry.pods) }));
  const groups = new Map<string, Omit<Share, 'most'> & { readonly part: number; readonly pods: SnapshotPod[] }>();
  for (const pod of pods) {
    if (pod.node === null || pod.owner === null) continue;
    const root = ownerOf.get(pod.owner.uid) ?? pod.owner;
    const seen = new Set<SharedPlace>();
    for (const [index, entry] of entries.entries()) {
      const { of, part } = entry;
      if (seen.has(of) || !isInScope(pod, entry)) continue;
      seen.add(of);
      const key = `${index}\n${root.uid}`;
      const owner = `${root.kind} ${pod.namespace}/${root.name}`;
      const group = groups.get(key) ?? { of, part, owner, pods: [] };
      group.pods.push(pod);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ part, ...group }) => ({
    ...group,
    most: Math.max(group.of === 'zone' ? 1 : 0, Math.floor(part * group.pods.length)),
  }));
}

/** Which of the places a node is in; null: in none that is counted. */
export function sharedPlaceOf(
  of: SharedPlace,
  { capacityType, zone }: { readonly capacityType: CapacityType; readonly zone: string | null },
): string | null {
  return of === 'zone' ? zone : capacityType === 'spot' ? 'spot' : null;
}
