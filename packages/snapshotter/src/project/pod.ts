import type { SnapshotPod } from '@restow/model';
import type { RawPod } from '../kubernetes/pod.ts';
import { effectiveRequests } from './requests.ts';
import { projectSchedulingSpec } from './scheduling-spec.ts';
import { controllerOf, type Unknowns } from './selectors.ts';

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

export function isFinished(raw: RawPod): boolean {
  return raw.status?.phase === 'Succeeded' || raw.status?.phase === 'Failed';
}

/** Since when the pod's Ready condition holds (ms since the epoch); null while it does not. */
export function readySince({ status }: RawPod): number | null {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return null;
  const at = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(at) ? 0 : at;
}

export function projectPod(raw: RawPod): SnapshotPod {
  const { metadata, spec } = raw;
  const unknowns: Unknowns = [];
  const annotations = metadata.annotations ?? {};
  const localVolumes: string[] = [];
  const claims: string[] = [];
  for (const volume of spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) claims.push(volume.persistentVolumeClaim.claimName);
    else if (volume.ephemeral) claims.push(`${metadata.name}-${volume.name}`);
    else if (volume.hostPath || (volume.emptyDir && volume.emptyDir.medium !== 'Memory'))
      localVolumes.push(volume.name);
    for (const kind of Object.keys(volume)) {
      if (kind !== 'name' && volume[kind] != null && !PORTABLE_VOLUMES.has(kind)) unknowns.push(`volume kind ${kind}`);
    }
  }
  const scheduling = projectSchedulingSpec(spec, unknowns);
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    node: spec.nodeName || null,
    terminating: metadata.deletionTimestamp != null,
    mirror: annotations[MIRROR] !== undefined,
    owner: controllerOf(metadata),
    requests: effectiveRequests(spec),
    spec: scheduling,
    priority: spec.priority ?? 0,
    doNotDisrupt: protection(annotations),
    safeToEvict: annotations[SAFE_TO_EVICT] === 'true',
    localVolumes,
    claims,
    resourceClaims: (spec.resourceClaims ?? []).map(({ name }) => name),
    notUnderstood: [...new Set(unknowns)],
  };
}

/** A duration as the value (`30m`) protects for a time that the input does not tell from, so it counts as protection. */
function protection(annotations: Readonly<Record<string, string>>): string | null {
  const value = annotations[DO_NOT_DISRUPT];
  if (value !== undefined && value !== 'false') return `${DO_NOT_DISRUPT}=${value}`;
  return annotations[SAFE_TO_EVICT] === 'false' ? `${SAFE_TO_EVICT}=false` : null;
}
