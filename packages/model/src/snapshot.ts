import { z } from 'zod';
import { API_VERSION } from './api-version.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { digestOf } from './digest.ts';
import { labelSelectorSchema, nodeSelectorTermSchema, schedulingSpecSchema, taintSchema } from './scheduling-spec.ts';

const text = z.string();
const labels = z.record(text, text);
const resources = z.record(text, z.int().nonnegative());
const reference = z.strictObject({ apiVersion: text, kind: text, name: text, uid: text });

/** What buys and gives back a node. `unknown` is drained at most, never deleted. */
export const nodeOwnerSchema = z.enum(['karpenter', 'eks', 'gke', 'kops', 'cluster-api', 'restow', 'unknown']);
export const capacityTypeSchema = z.enum(['on-demand', 'spot', 'reserved']);

export const nodeSchema = z.strictObject({
  name: text,
  uid: text,
  labels,
  taints: z.array(taintSchema),
  unschedulable: z.boolean(),
  ready: z.boolean(),
  deleting: z.boolean(),
  providerId: text.nullable(),
  allocatable: resources,
  arch: text,
  os: text,
  instanceType: text.nullable(),
  zone: text.nullable(),
  region: text.nullable(),
  capacityType: capacityTypeSchema,
  owner: nodeOwnerSchema,
  /** Node pool or node group, as its owner names it. */
  group: text.nullable(),
  controlPlane: z.boolean(),
  /** Karpenter's or Cluster Autoscaler's annotation that forbids removing the node, as `key=value`; null without one. */
  doNotDisrupt: text.nullable(),
  /** Types of conditions that are true and announce that it goes, such as `PreemptScheduled`; absent without any. */
  announced: z.array(text).exactOptional(),
});

export const podSchema = z.strictObject({
  namespace: text,
  name: text,
  uid: text,
  labels,
  /** null while pending. */
  node: text.nullable(),
  terminating: z.boolean(),
  /** A static pod's mirror: it belongs to its node. */
  mirror: z.boolean(),
  /** The controlling owner. */
  owner: reference.nullable(),
  /** Effective requests: containers, sidecars, init containers, overhead. */
  requests: resources,
  spec: schedulingSpecSchema,
  priority: z.int(),
  /** The annotation that forbids moving the pod, as `key=value`; null without one. */
  doNotDisrupt: text.nullable(),
  /** Cluster Autoscaler's `safe-to-evict: "true"`: the owner says that local data may go. */
  safeToEvict: z.boolean(),
  /** Names of volumes that live on the node: emptyDir on disk, hostPath. */
  localVolumes: z.array(text),
  claims: z.array(text),
  /** Dynamic resource claims, by name. */
  resourceClaims: z.array(text),
  /** What the pod asks for that restow does not know. */
  notUnderstood: z.array(text),
});

const pdb = z.strictObject({
  namespace: text,
  name: text,
  selector: labelSelectorSchema,
  /** null where the status is not in the input. */
  disruptionsAllowed: z.int().nonnegative().nullable(),
});

const persistentVolume = z.strictObject({
  name: text,
  nodeAffinity: z.array(nodeSelectorTermSchema).nullable(),
  accessModes: z.array(text),
  /** CSI driver name, null for in-tree and local volumes. */
  driver: text.nullable(),
});

const persistentVolumeClaim = z.strictObject({
  namespace: text,
  name: text,
  volume: text.nullable(),
  storageClass: text.nullable(),
});

const owner = z.strictObject({
  apiVersion: text,
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  replicas: z.int().nonnegative().nullable(),
  /** Whether its rollouts start a new pod before they stop an old one; null for what is no Deployment. */
  surges: z.boolean().nullable(),
  owner: reference.nullable(),
  /** What a new node will run of this; DaemonSets only. */
  daemon: z.strictObject({ requests: resources, spec: schedulingSpecSchema }).nullable(),
});

/** Something else that decides how many replicas a workload has. */
const autoscaler = z.strictObject({
  namespace: text,
  name: text,
  target: z.strictObject({ kind: text, name: text }),
});

/** What a pod's containers were measured to use, in sum (metrics.k8s.io). */
const podUsage = z.strictObject({ namespace: text, name: text, memoryBytes: z.int().nonnegative() });

const requirement = z.strictObject({ key: text, operator: text, values: z.array(text) });

const nodePool = z.strictObject({
  name: text,
  weight: z.int(),
  labels,
  taints: z.array(taintSchema),
  startupTaints: z.array(taintSchema),
  requirements: z.array(requirement),
  limits: resources,
  /** A disruption budget that always holds allows none of its nodes to go because it is not needed. */
  closed: z.boolean(),
});

const nodeClaim = z.strictObject({
  name: text,
  nodePool: text.nullable(),
  node: text.nullable(),
  providerId: text.nullable(),
});

/** Something that the input did not say; never an error by itself. */
const gap = z.strictObject({ code: text, message: text, count: z.int().positive(), examples: z.array(text) });

export const snapshotSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Snapshot'),
  metadata: z.strictObject({
    /** UID of the kube-system namespace. */
    cluster: text.nullable(),
    /** ISO 8601, or null when the input does not say. */
    takenAt: text.nullable(),
    origin: text,
    anonymised: z.boolean(),
  }),
  nodes: z.array(nodeSchema),
  pods: z.array(podSchema),
  podDisruptionBudgets: z.array(pdb),
  persistentVolumes: z.array(persistentVolume),
  persistentVolumeClaims: z.array(persistentVolumeClaim),
  storageClasses: z.array(z.strictObject({ name: text, provisioner: text, bindingMode: text })),
  csiNodes: z.array(
    z.strictObject({
      node: text,
      drivers: z.array(z.strictObject({ name: text, attachLimit: z.int().nonnegative().nullable() })),
    }),
  ),
  priorityClasses: z.array(z.strictObject({ name: text, value: z.int() })),
  owners: z.array(owner),
  autoscalers: z.array(autoscaler),
  /** null where nothing measures. */
  podUsage: z.array(podUsage).nullable(),
  /** null when namespaces are not in the input, so that namespace selectors cannot be evaluated. */
  namespaces: z.array(z.strictObject({ name: text, labels })).nullable(),
  nodePools: z.array(nodePool),
  nodeClaims: z.array(nodeClaim),
  gaps: z.array(gap),
});

/** The cluster at one moment, projected to what matters for placing and costing. */
export type Snapshot = DeepReadonly<z.infer<typeof snapshotSchema>>;
export type SnapshotNode = Snapshot['nodes'][number];
export type SnapshotPod = Snapshot['pods'][number];
export type PodDisruptionBudget = Snapshot['podDisruptionBudgets'][number];
export type PersistentVolume = Snapshot['persistentVolumes'][number];
export type PersistentVolumeClaim = Snapshot['persistentVolumeClaims'][number];
export type Owner = Snapshot['owners'][number];
export type OwnerReference = DeepReadonly<z.infer<typeof reference>>;
export type NodePool = Snapshot['nodePools'][number];
export type Gap = Snapshot['gaps'][number];
export type NodeOwner = z.infer<typeof nodeOwnerSchema>;
export type CapacityType = z.infer<typeof capacityTypeSchema>;

/** Digest of what the snapshot says of the cluster: not of when, whence and with which gaps it was taken. */
export function snapshotDigest(snapshot: Snapshot): string {
  const { metadata, gaps: _gaps, ...rest } = snapshot;
  return digestOf({ ...rest, metadata: { cluster: metadata.cluster, anonymised: metadata.anonymised } });
}
