import type { PersistentVolume, Resources, SchedulingSpec, Snapshot, SnapshotPod, Taint } from '@restow/model';

/** A pod as far as placing it goes. Every SnapshotPod is one. */
export type PodView = Pick<
  SnapshotPod,
  'namespace' | 'name' | 'labels' | 'requests' | 'spec' | 'claims' | 'terminating'
>;

/** A node as far as placing pods on it goes, existing or about to be launched. */
export interface NodeView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly allocatable: Resources;
  /** Volumes that may be attached, by CSI driver; a driver that is not named has no known limit. */
  readonly attachLimits: Readonly<Record<string, number>>;
}

/** What the rules need to know of the cluster and what does not change while pods move. */
export interface World {
  /** The volume bound to a claim, by `namespace/claim`; a claim that is not here is not understood. */
  readonly volumes: ReadonlyMap<string, PersistentVolume>;
  /** Labels by namespace; null when namespaces are not in the input. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>> | null;
}

export function worldOf(snapshot: Snapshot): World {
  const byName = new Map(snapshot.persistentVolumes.map((volume) => [volume.name, volume]));
  const volumes = new Map<string, PersistentVolume>();
  for (const claim of snapshot.persistentVolumeClaims) {
    const volume = claim.volume === null ? undefined : byName.get(claim.volume);
    if (volume !== undefined) volumes.set(`${claim.namespace}/${claim.name}`, volume);
  }
  const namespaces =
    snapshot.namespaces === null
      ? null
      : new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace.labels]));
  return { volumes, namespaces };
}

/** A rule that looks at one pod and one node only. Returns why not, or null. */
export interface NodeRule {
  readonly name: string;
  check(pod: PodView, node: NodeView, world: World): string | null;
}

/** The node-independent part of what a DaemonSet asks for, as a pod that the rules can judge. */
export function daemonPodView(
  namespace: string,
  name: string,
  daemon: { readonly requests: Resources; readonly spec: SchedulingSpec },
): PodView {
  return { namespace, name, labels: {}, requests: daemon.requests, spec: daemon.spec, claims: [], terminating: false };
}
