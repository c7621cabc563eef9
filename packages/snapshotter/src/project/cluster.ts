import { API_VERSION, compareText, formatPath, InputError, type Owner, type Snapshot } from '@restow/model';
import type { z } from 'zod';
import type { ApiObject } from '../api-list.ts';
import { GapCollector } from '../gaps.ts';
import type { RawMetadata } from '../kubernetes/common.ts';
import { node as rawNode } from '../kubernetes/node.ts';
import * as raw from '../kubernetes/other.ts';
import { pod as rawPod } from '../kubernetes/pod.ts';
import { projectNode } from './node.ts';
import { isFinished, projectPod } from './pod.ts';
import { effectiveRequests } from './requests.ts';
import { projectSchedulingSpec } from './scheduling-spec.ts';
import { controllerOf, projectNodeTerms, projectSelector, projectTaints } from './selectors.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

const WORKLOADS = ['ReplicaSet', 'Deployment', 'StatefulSet', 'ReplicationController', 'Job', 'CronJob'];

/** The API group of each kind that is used. */
const GROUPS: Readonly<Record<string, string>> = {
  Node: '',
  Pod: '',
  Namespace: '',
  PersistentVolume: '',
  PersistentVolumeClaim: '',
  ReplicationController: '',
  ReplicaSet: 'apps',
  Deployment: 'apps',
  StatefulSet: 'apps',
  DaemonSet: 'apps',
  Job: 'batch',
  CronJob: 'batch',
  PodDisruptionBudget: 'policy',
  StorageClass: 'storage.k8s.io',
  CSINode: 'storage.k8s.io',
  PriorityClass: 'scheduling.k8s.io',
  NodePool: 'karpenter.sh',
  NodeClaim: 'karpenter.sh',
};

/** Kinds without which the snapshot says less than it could; the gap names what then cannot be seen. */
const EXPECTED: Readonly<Record<string, string>> = {
  PodDisruptionBudget: 'disruption budgets, if there are any, are not seen',
  PersistentVolumeClaim: 'pods with claims stay where they are',
  DaemonSet: 'daemon pods on new nodes are taken from those that run',
  Namespace: 'namespace selectors cannot be evaluated; pods that use them stay',
};

/** Projects API objects, whatever their order, into a Snapshot in the order of names. */
export function projectCluster(objects: readonly ApiObject[], origin: string): Snapshot {
  const gaps = new GapCollector();
  const byKind = new Map<string, ApiObject[]>();
  for (const object of objects) {
    // Other APIs use the same words for kinds of their own.
    const known = GROUPS[object.kind];
    if (known !== undefined && known !== object.group) {
      gaps.add('kind-not-used', 'kinds of object that restow does not use', `${object.kind}.${object.group}`);
      continue;
    }
    const group = byKind.get(object.kind);
    if (group === undefined) byKind.set(object.kind, [object]);
    else group.push(object);
  }
  const used = new Set<string>();
  const each = <Schema extends z.ZodType, Result>(
    kind: string,
    schema: Schema,
    project: (value: z.output<Schema>) => Result | null,
  ): Result[] => {
    used.add(kind);
    const results: Result[] = [];
    for (const object of byKind.get(kind) ?? []) {
      const result = project(parseObject(schema, object));
      if (result !== null) results.push(result);
    }
    return results;
  };

  const nodes = each('Node', rawNode, (value) => {
    const node = projectNode(value);
    if (node === null)
      gaps.add('node-without-allocatable', 'nodes say nothing of what they can hold; not used', value.metadata.name);
    return node;
  }).sort(byName);
  const nodeNames = new Set(nodes.map(({ name }) => name));
  const pods = each('Pod', rawPod, (value) => {
    if (isFinished(value)) return null;
    const pod = projectPod(value);
    if (pod.node !== null && !nodeNames.has(pod.node)) {
      gaps.add(
        'pod-on-unknown-node',
        'pods run on nodes that are not in the input; not used',
        `${pod.namespace}/${pod.name}`,
      );
      return null;
    }
    return pod;
  }).sort(byNamespaceAndName);

  const namespaces = each('Namespace', raw.namespace, ({ metadata }) => ({
    name: metadata.name,
    labels: { 'kubernetes.io/metadata.name': metadata.name, ...metadata.labels },
    uid: metadata.uid ?? null,
  })).sort(byName);

  const snapshot: Mutable<Snapshot> = {
    apiVersion: API_VERSION,
    kind: 'Snapshot',
    metadata: {
      cluster: namespaces.find(({ name }) => name === 'kube-system')?.uid ?? null,
      takenAt: null,
      origin,
      anonymised: false,
    },
    nodes,
    pods,
    podDisruptionBudgets: each('PodDisruptionBudget', raw.podDisruptionBudget, ({ metadata, spec, status }) => ({
      ...namespaced(metadata),
      selector: projectSelector(spec?.selector, []),
      disruptionsAllowed: status?.disruptionsAllowed ?? null,
    })).sort(byNamespaceAndName),
    persistentVolumes: each('PersistentVolume', raw.persistentVolume, ({ metadata, spec }) => ({
      name: metadata.name,
      nodeAffinity: spec.nodeAffinity?.required?.nodeSelectorTerms
        ? projectNodeTerms(spec.nodeAffinity.required.nodeSelectorTerms, [])
        : null,
      accessModes: spec.accessModes ?? [],
      driver: spec.csi?.driver ?? null,
    })).sort(byName),
    persistentVolumeClaims: each('PersistentVolumeClaim', raw.persistentVolumeClaim, ({ metadata, spec }) => ({
      ...namespaced(metadata),
      volume: spec.volumeName || null,
      storageClass: spec.storageClassName ?? null,
    })).sort(byNamespaceAndName),
    storageClasses: each('StorageClass', raw.storageClass, ({ metadata, provisioner, volumeBindingMode }) => ({
      name: metadata.name,
      provisioner,
      bindingMode: volumeBindingMode ?? 'Immediate',
    })).sort(byName),
    csiNodes: each('CSINode', raw.csiNode, ({ metadata, spec }) => ({
      node: metadata.name,
      drivers: (spec.drivers ?? []).map(({ name, allocatable }) => ({ name, attachLimit: allocatable?.count ?? null })),
    })).sort((a, b) => compareText(a.node, b.node)),
    priorityClasses: each('PriorityClass', raw.priorityClass, ({ metadata, value }) => ({
      name: metadata.name,
      value,
    })).sort(byName),
    owners: [
      ...WORKLOADS.flatMap((kind) =>
        each(kind, raw.workload, ({ metadata, spec }) => owner(kind, metadata, spec?.replicas ?? null, null)),
      ),
      ...each('DaemonSet', raw.daemonSet, ({ metadata, spec }) => {
        const template = spec.template.spec;
        const daemon = { requests: effectiveRequests(template), spec: projectSchedulingSpec(template, []) };
        return owner('DaemonSet', metadata, null, daemon);
      }),
    ].sort((a, b) => compareText(a.kind, b.kind) || byNamespaceAndName(a, b)),
    namespaces: namespaces.length === 0 ? null : namespaces.map(({ name, labels }) => ({ name, labels })),
    nodePools: each('NodePool', raw.nodePool, ({ metadata, spec }) => ({
      name: metadata.name,
      weight: spec.weight ?? 0,
      labels: spec.template.metadata?.labels ?? {},
      taints: projectTaints(spec.template.spec.taints),
      startupTaints: projectTaints(spec.template.spec.startupTaints),
      requirements: (spec.template.spec.requirements ?? []).map(({ key, operator, values }) => ({
        key,
        operator,
        values: values ?? [],
      })),
      limits: spec.limits ?? {},
    })).sort(byName),
    nodeClaims: each('NodeClaim', raw.nodeClaim, ({ metadata, status }) => ({
      name: metadata.name,
      nodePool: metadata.labels?.['karpenter.sh/nodepool'] ?? null,
      node: status?.nodeName || null,
      providerId: status?.providerID || null,
    })).sort(byName),
    gaps: [],
  };
  for (const [kind, consequence] of Object.entries(EXPECTED)) {
    if (!byKind.has(kind)) gaps.add(`no-${kind.toLowerCase()}`, `no ${kind} in the input: ${consequence}`);
  }
  for (const kind of byKind.keys()) {
    if (!used.has(kind)) gaps.add('kind-not-used', 'kinds of object that restow does not use', kind);
  }
  snapshot.gaps = gaps.list();
  return snapshot;
}

function parseObject<Schema extends z.ZodType>(schema: Schema, object: ApiObject): z.output<Schema> {
  const result = schema.safeParse(object.body);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InputError(`${object.kind}: ${issue.message}`, {
    file: object.file,
    path: `${object.path}.${formatPath(issue.path)}`,
  });
}

function owner(kind: string, metadata: RawMetadata, replicas: number | null, daemon: Owner['daemon']): Owner {
  const group = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : kind === 'ReplicationController' ? 'v1' : 'apps/v1';
  return {
    apiVersion: group,
    kind,
    ...namespaced(metadata),
    uid: metadata.uid ?? '',
    replicas,
    owner: controllerOf(metadata),
    daemon,
  };
}

function namespaced(metadata: RawMetadata): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}

function byName(a: { name: string }, b: { name: string }): number {
  return compareText(a.name, b.name);
}

function byNamespaceAndName(a: { namespace: string; name: string }, b: { namespace: string; name: string }): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
