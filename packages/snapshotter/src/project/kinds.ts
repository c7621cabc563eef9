import { compareText, formatPath, InputError, type Owner, type Snapshot, type SnapshotPod } from '@restow/model';
import type { z } from 'zod';
import type { ApiObject } from '../api-list.ts';
import type { RawMetadata } from '../kubernetes/common.ts';
import { node as rawNode } from '../kubernetes/node.ts';
import * as raw from '../kubernetes/other.ts';
import { pod as rawPod } from '../kubernetes/pod.ts';
import { projectNode } from './node.ts';
import { isFinished, projectPod, readySince } from './pod.ts';
import { effectiveRequests } from './requests.ts';
import { projectSchedulingSpec } from './scheduling-spec.ts';
import { controllerOf, projectNodeTerms, projectSelector, projectTaints } from './selectors.ts';

/** A pod, and since when its Ready condition holds. */
export interface ProjectedPod {
  readonly pod: SnapshotPod;
  readonly readySince: number | null;
}

export interface ProjectedNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly uid: string | null;
}

/** What an object of each kind becomes. */
export interface Projected {
  readonly Node: Snapshot['nodes'][number];
  readonly Pod: ProjectedPod;
  readonly Namespace: ProjectedNamespace;
  readonly PodDisruptionBudget: Snapshot['podDisruptionBudgets'][number];
  readonly PersistentVolume: Snapshot['persistentVolumes'][number];
  readonly PersistentVolumeClaim: Snapshot['persistentVolumeClaims'][number];
  readonly StorageClass: Snapshot['storageClasses'][number];
  readonly CSINode: Snapshot['csiNodes'][number];
  readonly PriorityClass: Snapshot['priorityClasses'][number];
  readonly ReplicaSet: Owner;
  readonly Deployment: Owner;
  readonly StatefulSet: Owner;
  readonly ReplicationController: Owner;
  readonly Job: Owner;
  readonly CronJob: Owner;
  readonly HorizontalPodAutoscaler: Snapshot['autoscalers'][number];
  readonly DaemonSet: Owner;
  readonly PodMetrics: NonNullable<Snapshot['podUsage']>[number];
  readonly NodePool: Snapshot['nodePools'][number];
  readonly NodeClaim: Snapshot['nodeClaims'][number];
}
export type Kind = keyof Projected;

/** A projection and the API group whose kind it is: other APIs use the same words for kinds of their own. */
export interface KindProjection<Result> {
  readonly group: string;
  /** null: the object does not count, such as a pod that has ended. Throws InputError for what is no such object. */
  readonly project: (object: ApiObject) => Result | null;
}

function projection<Schema extends z.ZodType, Result>(
  group: string,
  schema: Schema,
  project: (value: z.output<Schema>) => Result | null,
): KindProjection<Result> {
  return {
    group,
    project: (object) => {
      const result = schema.safeParse(object.body);
      if (result.success) return project(result.data);
      const issue = result.error.issues[0]!;
      throw new InputError(`${object.kind}: ${issue.message}`, {
        file: object.file,
        path: `${object.path}.${formatPath(issue.path)}`,
      });
    },
  };
}

/** Karpenter's reasons for which nodes go that are not needed. */
const CONSOLIDATES: ReadonlySet<string> = new Set(['Underutilized', 'Empty']);

const workload = (kind: Kind, group: string) =>
  projection(group, raw.workload, ({ metadata, spec }) => owner(kind, metadata, spec?.replicas ?? null, null));

/** Every kind that is used. */
export const KINDS: { readonly [Name in Kind]: KindProjection<Projected[Name]> } = {
  Node: projection('', rawNode, projectNode),
  Pod: projection('', rawPod, (value) =>
    isFinished(value) ? null : { pod: projectPod(value), readySince: readySince(value) },
  ),
  Namespace: projection('', raw.namespace, ({ metadata }) => ({
    name: metadata.name,
    labels: { 'kubernetes.io/metadata.name': metadata.name, ...metadata.labels },
    uid: metadata.uid ?? null,
  })),
  PodDisruptionBudget: projection('policy', raw.podDisruptionBudget, ({ metadata, spec, status }) => ({
    ...namespaced(metadata),
    selector: projectSelector(spec?.selector, []),
    disruptionsAllowed: status?.disruptionsAllowed ?? null,
  })),
  PersistentVolume: projection('', raw.persistentVolume, ({ metadata, spec }) => ({
    name: metadata.name,
    nodeAffinity: spec.nodeAffinity?.required?.nodeSelectorTerms
      ? projectNodeTerms(spec.nodeAffinity.required.nodeSelectorTerms, [])
      : null,
    accessModes: spec.accessModes ?? [],
    driver: spec.csi?.driver ?? null,
  })),
  PersistentVolumeClaim: projection('', raw.persistentVolumeClaim, ({ metadata, spec }) => ({
    ...namespaced(metadata),
    volume: spec.volumeName || null,
    storageClass: spec.storageClassName ?? null,
  })),
  StorageClass: projection('storage.k8s.io', raw.storageClass, ({ metadata, provisioner, volumeBindingMode }) => ({
    name: metadata.name,
    provisioner,
    bindingMode: volumeBindingMode ?? 'Immediate',
  })),
  CSINode: projection('storage.k8s.io', raw.csiNode, ({ metadata, spec }) => ({
    node: metadata.name,
    drivers: (spec.drivers ?? []).map(({ name, allocatable }) => ({ name, attachLimit: allocatable?.count ?? null })),
  })),
  PriorityClass: projection('scheduling.k8s.io', raw.priorityClass, ({ metadata, value }) => ({
    name: metadata.name,
    value,
  })),
  ReplicaSet: workload('ReplicaSet', 'apps'),
  Deployment: projection('apps', raw.deployment, ({ metadata, spec }) => ({
    ...owner('Deployment', metadata, spec.replicas ?? null, null),
    surges: startsBeforeItStops(spec.strategy?.type, spec.strategy?.rollingUpdate?.maxSurge),
  })),
  StatefulSet: workload('StatefulSet', 'apps'),
  ReplicationController: workload('ReplicationController', ''),
  Job: workload('Job', 'batch'),
  CronJob: workload('CronJob', 'batch'),
  HorizontalPodAutoscaler: projection('autoscaling', raw.horizontalPodAutoscaler, ({ metadata, spec }) => ({
    ...namespaced(metadata),
    target: { kind: spec.scaleTargetRef.kind, name: spec.scaleTargetRef.name },
  })),
  DaemonSet: projection('apps', raw.daemonSet, ({ metadata, spec }) => {
    const template = spec.template.spec;
    const daemon = { requests: effectiveRequests(template), spec: projectSchedulingSpec(template, []) };
    return owner('DaemonSet', metadata, null, daemon);
  }),
  PodMetrics: projection('metrics.k8s.io', raw.podMetrics, ({ metadata, containers }) => ({
    ...namespaced(metadata),
    memoryBytes: containers.reduce((sum, { usage }) => sum + (usage.memory ?? 0), 0),
  })),
  NodePool: projection('karpenter.sh', raw.nodePool, ({ metadata, spec }) => ({
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
    closed: (spec.disruption?.budgets ?? []).some(
      ({ nodes, schedule, reasons }) =>
        /^0+%?$/.test(nodes ?? '') && !schedule && (reasons?.some((reason) => CONSOLIDATES.has(reason)) ?? true),
    ),
  })),
  NodeClaim: projection('karpenter.sh', raw.nodeClaim, ({ metadata, status }) => ({
    name: metadata.name,
    nodePool: metadata.labels?.['karpenter.sh/nodepool'] ?? null,
    node: status?.nodeName || null,
    providerId: status?.providerID || null,
  })),
};

/** A quarter by default, rounded up; `Recreate` never has two. Source: Deployment API, `maxSurge`. */
function startsBeforeItStops(type: string | null | undefined, maxSurge: number | string | null | undefined): boolean {
  return (type ?? 'RollingUpdate') === 'RollingUpdate' && Number.parseInt(`${maxSurge ?? '25%'}`, 10) > 0;
}

function owner(kind: Kind, metadata: RawMetadata, replicas: number | null, daemon: Owner['daemon']): Owner {
  const group = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : kind === 'ReplicationController' ? 'v1' : 'apps/v1';
  return {
    apiVersion: group,
    kind,
    ...namespaced(metadata),
    uid: metadata.uid ?? '',
    replicas,
    surges: null,
    owner: controllerOf(metadata),
    daemon,
  };
}

function namespaced(metadata: RawMetadata): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}

export function byName(a: { name: string }, b: { name: string }): number {
  return compareText(a.name, b.name);
}

export function byNamespaceAndName(
  a: { namespace: string; name: string },
  b: { namespace: string; name: string },
): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
