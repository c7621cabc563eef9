import type { CapacityType, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { matchesSelector, parseLabelSelector } from '../label-selector.ts';

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
  const groups = new Map<string, { readonly of: SharedPlace; readonly part: number; readonly pods: SnapshotPod[] }>();
  for (const pod of pods) {
    if (pod.node === null || pod.owner === null) continue;
    const root = ownerOf.get(pod.owner.uid) ?? pod.owner;
    const seen = new Set<SharedPlace>();
    for (const [index, { of, part, namespaces, selector }] of entries.entries()) {
      const isMeant = namespaces.length === 0 || namespaces.includes(pod.namespace);
      if (seen.has(of) || !isMeant || !matchesSelector(selector, pod.labels)) continue;
      seen.add(of);
      const key = `${index}\n${root.uid}`;
      const group = groups.get(key) ?? { of, part, pods: [] };
      group.pods.push(pod);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ of, part, pods: members }) => {
    const { namespace, owner } = members[0]!;
    const root = ownerOf.get(owner!.uid) ?? owner!;
    const most = Math.max(of === 'zone' ? 1 : 0, Math.floor(part * members.length));
    return { of, most, pods: members, owner: `${root.kind} ${namespace}/${root.name}` };
  });
}

/** Which of the places a node is in; null: in none that is counted. */
export function sharedPlaceOf(
  of: SharedPlace,
  { capacityType, zone }: { readonly capacityType: CapacityType; readonly zone: string | null },
): string | null {
  return of === 'zone' ? zone : capacityType === 'spot' ? 'spot' : null;
}
