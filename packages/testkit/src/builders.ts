import {
  API_VERSION,
  LABEL,
  type Owner,
  type OwnerReference,
  type PriceBook,
  type Snapshot,
  type SnapshotNode,
  type SnapshotPod,
  UNCONSTRAINED,
} from '@restow/model';

/** A node of a Karpenter pool with 4 cores, 16 GiB and room for 20 pods, in zone a; `change` says what is different. */
export function buildNode(name: string, change: Partial<SnapshotNode> = {}): SnapshotNode {
  const zone = change.zone === undefined ? 'zone-a' : change.zone;
  const arch = change.arch ?? 'amd64';
  return {
    name,
    uid: `node-${name}`,
    taints: [],
    unschedulable: false,
    ready: true,
    deleting: false,
    providerId: null,
    allocatable: { cpu: 4000, memory: 16 * 2 ** 30, pods: 20 },
    arch,
    os: 'linux',
    instanceType: 'standard-4',
    zone,
    region: 'region',
    capacityType: 'on-demand',
    owner: 'karpenter',
    group: 'pool',
    controlPlane: false,
    doNotDisrupt: null,
    ...change,
    labels: {
      [LABEL.hostname]: name,
      [LABEL.arch]: arch,
      [LABEL.os]: 'linux',
      ...(zone === null ? {} : { [LABEL.zone]: zone }),
      ...change.labels,
    },
  };
}

/** A pod of a ReplicaSet that asks for half a core and 1 GiB and has no rules; `change` says what is different. */
export function buildPod(name: string, node: string | null, change: Partial<SnapshotPod> = {}): SnapshotPod {
  return {
    namespace: 'default',
    name,
    uid: `pod-${name}`,
    labels: { app: 'app' },
    node,
    terminating: false,
    mirror: false,
    owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'rs-app' },
    requests: { cpu: 500, memory: 2 ** 30 },
    priority: 0,
    doNotDisrupt: null,
    safeToEvict: false,
    localVolumes: [],
    claims: [],
    resourceClaims: [],
    notUnderstood: [],
    ...change,
    spec: { ...UNCONSTRAINED, ...change.spec },
  };
}

export function buildSnapshot(change: Partial<Snapshot>): Snapshot {
  return {
    apiVersion: API_VERSION,
    kind: 'Snapshot',
    metadata: { cluster: null, takenAt: null, origin: 'test', anonymised: false },
    nodes: [],
    pods: [],
    podDisruptionBudgets: [],
    persistentVolumes: [],
    persistentVolumeClaims: [],
    storageClasses: [],
    csiNodes: [],
    priorityClasses: [],
    owners: [],
    autoscalers: [],
    podUsage: null,
    namespaces: [{ name: 'default', labels: { 'kubernetes.io/metadata.name': 'default' } }],
    nodePools: [],
    nodeClaims: [],
    gaps: [],
    ...change,
  };
}

/** A Deployment that starts new pods before it stops old ones, and the ReplicaSet that owns its pods. */
export function buildDeployment(set: OwnerReference, replicas: number, change: Partial<Owner> = {}): readonly Owner[] {
  const { apiVersion, name } = set;
  const common = { apiVersion, namespace: 'default', name, replicas, daemon: null };
  const deployment = {
    ...common,
    kind: 'Deployment',
    uid: `deployment-${set.uid}`,
    surges: true,
    owner: null,
    ...change,
  };
  const { kind, uid } = deployment;
  const owner = { apiVersion, kind, name, uid };
  return [deployment, { ...common, kind: 'ReplicaSet', uid: set.uid, surges: null, owner }];
}

/** A price by machine type: cores, GiB, pods and micros per hour. */
export interface MachinePrice {
  readonly instanceType: string;
  readonly cores: number;
  readonly gib: number;
  readonly pods?: number;
  readonly microsPerHour: number;
  readonly zone?: string;
  readonly arch?: string;
  readonly capacityType?: 'on-demand' | 'spot';
}

/** A book as a price file makes it: its machines may be launched as plain nodes. */
export function buildPriceBook(machines: readonly MachinePrice[]): PriceBook {
  return {
    apiVersion: API_VERSION,
    kind: 'PriceBook',
    currency: 'USD',
    sources: [{ name: 'file', asOf: null, assumed: false }],
    offerings: machines.map(({ instanceType, cores, gib, pods, microsPerHour, zone, arch, capacityType }) => ({
      instanceType,
      region: null,
      zone: zone ?? null,
      capacityType: capacityType ?? 'on-demand',
      arch: arch ?? 'amd64',
      os: 'linux',
      allocatable: { cpu: cores * 1000, memory: gib * 2 ** 30, pods: pods ?? 20 },
      nanosPerHour: microsPerHour * 1000,
      basis: 'list',
      source: 0,
      launchable: true,
      burstable: false,
      previousGeneration: false,
      bareMetal: false,
      accelerated: false,
    })),
    commitments: [],
    missing: [],
  };
}
