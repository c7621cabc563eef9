import { digestOfShort } from './digest.ts';
import { MEASURED_MEMORY } from './labels.ts';
import type { Resources } from './resources.ts';
import type { SnapshotNode, SnapshotPod } from './snapshot.ts';

/** Taints that come and go without the node being another one: Kubernetes' own conditions, and restow's marks. */
const PASSING_TAINT = /^(node\.kubernetes\.io|restow\.dev)\//;

/**
 * Digest of what a plan relies on in a node besides its UID: what may run there and who owns it. Cordons, conditions and
 * protection from removal are looked at separately: they come and go, a run's own among them.
 */
export function nodeFingerprint(node: SnapshotNode): string {
  const { labels, taints, allocatable, arch, os, instanceType, zone, capacityType, owner, group } = node;
  const lasting = taints.filter(({ key }) => !PASSING_TAINT.test(key));
  return digestOfShort({
    labels,
    taints: lasting,
    allocatable: asStated(allocatable),
    arch,
    os,
    instanceType,
    zone,
    capacityType,
    owner,
    group,
  });
}

/** Digest of what a plan relies on in a pod besides its UID and where it runs. Pods alike in it are interchangeable. */
export function podFingerprint(pod: SnapshotPod): string {
  const { namespace, labels, owner, requests, spec, doNotDisrupt, safeToEvict, localVolumes, claims } = pod;
  const { resourceClaims, notUnderstood } = pod;
  const parts = { doNotDisrupt, safeToEvict, localVolumes, claims, resourceClaims, notUnderstood };
  const of = { namespace, labels, owner: owner?.uid ?? null, requests, spec, ...parts };
  const last = LAST.get(spec);
  if (last !== undefined && isSame(last.of, of)) return last.fingerprint;
  const fingerprint = digestOfShort({ ...of, labels: withoutIdentity(labels), requests: asStated(requests) });
  LAST.set(spec, { of, fingerprint });
  return fingerprint;
}

/** By spec, what the last pod of it was: pods of one owner come one after the other, and share what they have in common. */
const LAST = new WeakMap<SnapshotPod['spec'], { readonly of: object; readonly fingerprint: string }>();

function isSame(one: object, other: object): boolean {
  return Object.entries(one).every(([key, value]) => value === (other as Record<string, unknown>)[key]);
}

/** What is measured changes from moment to moment. */
function asStated({ [MEASURED_MEMORY]: _measured, ...resources }: Resources): Resources {
  return resources;
}

/** Labels that a controller writes anew for each pod. */
function withoutIdentity(labels: Readonly<Record<string, string>>): Record<string, string> {
  const { 'pod-template-generation': _generation, ...rest } = labels;
  return rest;
}
