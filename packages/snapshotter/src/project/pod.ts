import { type SnapshotPod, STEERED_ANNOTATION } from '@restow/model';
import type { RawMetadata } from '../kubernetes/common.ts';
import type { RawPod, RawPodSpec } from '../kubernetes/pod.ts';
import type { Interner } from './interner.ts';
import { effectiveRequests } from './requests.ts';
import { projectSchedulingSpec } from './scheduling-spec.ts';
import { controllerOf, type Unknowns } from './selectors.ts';
import { unsteered } from './unsteered.ts';

const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';
const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const MIRROR = 'kubernetes.io/config.mirror';

/** Volume kinds that follow the pod to any node, or that are the API server's to give. */
const PORTABLE_VOLUMES = new Set([
  'configMap',
  'secret',
  'projected',
  'downwardAPI',
  'csi',
  'nfs',
  'cephfs',
  'glusterfs',
  'image',
  'persistentVolumeClaim',
  'ephemeral',
  'emptyDir',
  'hostPath',
  'gitRepo',
]);

export function isFinished({ status }: Pick<RawPod, 'status'>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Since when the pod's Ready condition holds (ms since the epoch); null while it does not. */
export function readySince({ status }: Pick<RawPod, 'status'>): number | null {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return null;
  const at = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(at) ? 0 : at;
}

export function projectPod(raw: RawPod): SnapshotPod {
  const { metadata, spec } = raw;
  return podOf(metadata, projectPodSpec(spec, metadata.name), spec.nodeName || null);
}

/** What of a pod comes from its spec; pods of one owner share it, but for the node. */
export type ProjectedPodSpec = Pick<
  SnapshotPod,
  'requests' | 'spec' | 'priority' | 'localVolumes' | 'claims' | 'resourceClaims' | 'notUnderstood'
>;

/** Claims of ephemeral volumes are named after the pod. */
export function projectPodSpec(spec: RawPodSpec, podName: string): ProjectedPodSpec {
  const unknowns: Unknowns = [];
  const localVolumes: string[] = [];
  const claims: string[] = [];
  for (const volume of spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) claims.push(volume.persistentVolumeClaim.claimName);
    else if (volume.ephemeral) claims.push(`${podName}-${volume.name}`);
    else if (volume.hostPath || (volume.emptyDir && volume.emptyDir.medium !== 'Memory'))
      localVolumes.push(volume.name);
    for (const kind of Object.keys(volume)) {
      if (kind !== 'name' && volume[kind] != null && !PORTABLE_VOLUMES.has(kind)) unknowns.push(`volume kind ${kind}`);
    }
  }
  if (spec.schedulingGates?.length) unknowns.push('scheduling gates');
  return {
    requests: effectiveRequests(spec),
    spec: projectSchedulingSpec(spec, unknowns),
    priority: spec.priority ?? 0,
    localVolumes,
    claims,
    resourceClaims: (spec.resourceClaims ?? []).map(({ name }) => name),
    notUnderstood: [...new Set(unknowns)],
  };
}

/** The same, of parts that equal ones share. */
export function shareSpec(projected: ProjectedPodSpec, interner: Interner): ProjectedPodSpec {
  const { requests, spec, localVolumes, claims, resourceClaims, notUnderstood } = projected;
  return {
    ...projected,
    requests: interner.one(requests),
    spec: interner.one(spec),
    localVolumes: interner.one(localVolumes),
    claims: interner.one(claims),
    resourceClaims: interner.one(resourceClaims),
    notUnderstood: interner.one(notUnderstood),
  };
}

/** The same pod, of parts that equal ones share. */
export function sharePod(pod: SnapshotPod, interner: Interner): SnapshotPod {
  const owner = pod.owner === null ? null : interner.one(pod.owner);
  return { ...pod, ...shareSpec(pod, interner), labels: interner.one(pod.labels), owner };
}

/** A pod of its metadata, its projected spec and its node. */
export function podOf(metadata: RawMetadata, spec: ProjectedPodSpec, node: string | null): SnapshotPod {
  const annotations = metadata.annotations ?? {};
  const steeredTo = annotations[STEERED_ANNOTATION];
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    node,
    terminating: metadata.deletionTimestamp != null,
    mirror: annotations[MIRROR] !== undefined,
    owner: controllerOf(metadata),
    requests: spec.requests,
    spec: steeredTo === undefined ? spec.spec : unsteered(spec.spec, steeredTo),
    priority: spec.priority,
    doNotDisrupt: protection(annotations),
    safeToEvict: annotations[SAFE_TO_EVICT] === 'true',
    localVolumes: spec.localVolumes,
    claims: spec.claims,
    resourceClaims: spec.resourceClaims,
    notUnderstood: spec.notUnderstood,
  };
}

/** A duration as the value (`30m`) protects for a time that the input does not tell from, so it counts as protection. */
function protection(annotations: Readonly<Record<string, string>>): string | null {
  const value = annotations[DO_NOT_DISRUPT];
  if (value !== undefined && value !== 'false') return `${DO_NOT_DISRUPT}=${value}`;
  return annotations[SAFE_TO_EVICT] === 'false' ? `${SAFE_TO_EVICT}=false` : null;
}
