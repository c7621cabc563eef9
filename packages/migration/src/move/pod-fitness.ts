import type { KubeApi } from '@restow/kube';
import { z } from 'zod';

const containerSchema = z.looseObject({
  name: z.string(),
  restartPolicy: z.string().optional(),
  lifecycle: z.looseObject({ postStart: z.unknown().optional() }).nullish(),
});
const claimOf = z.looseObject({ claimName: z.string() });

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    ownerReferences: z.array(z.looseObject({ kind: z.string(), controller: z.boolean().optional() })).nullish(),
  }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    hostNetwork: z.boolean().optional(),
    hostPID: z.boolean().optional(),
    hostIPC: z.boolean().optional(),
    hostUsers: z.boolean().optional(),
    shareProcessNamespace: z.boolean().optional(),
    containers: z.array(containerSchema),
    initContainers: z.array(containerSchema).nullish(),
    ephemeralContainers: z.array(z.unknown()).nullish(),
    resourceClaims: z.array(z.unknown()).nullish(),
    volumes: z
      .array(
        z.looseObject({
          name: z.string(),
          hostPath: z.unknown().optional(),
          persistentVolumeClaim: claimOf.optional(),
          ephemeral: z.unknown().optional(),
        }),
      )
      .nullish(),
  }),
});

const claimSchema = z.looseObject({ spec: z.looseObject({ accessModes: z.array(z.string()).default([]) }) });

/** Why the pod, by what is written of it, cannot be moved live. What its processes do, its node's agent sees. */
export async function whyPodUnfit(api: KubeApi, object: unknown, signal: AbortSignal): Promise<readonly string[]> {
  const { metadata, spec } = podSchema.parse(object);
  const reasons: string[] = [];
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  // A ticket is for a pod by its name.
  if (owner?.kind !== 'StatefulSet')
    reasons.push(`its owner (${owner?.kind ?? 'none'}) makes it again under another name`);
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const) {
    if (spec[field] === true) reasons.push(`${field} is set`);
  }
  if (spec.hostUsers === false) reasons.push('it is in a user namespace');
  for (const { name, lifecycle } of spec.containers) {
    if (lifecycle?.postStart != null) reasons.push(`container ${name} has a postStart hook, which would run again`);
  }
  for (const { name, restartPolicy } of spec.initContainers ?? []) {
    reasons.push(
      restartPolicy === 'Always'
        ? `${name} is a sidecar that starts before the others`
        : `init container ${name} would run again`,
    );
  }
  if ((spec.ephemeralContainers ?? []).length > 0) reasons.push('somebody debugs it');
  if ((spec.resourceClaims ?? []).length > 0) reasons.push('it has claims on devices');
  for (const { name, hostPath, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (hostPath !== undefined) reasons.push(`volume ${name} is a path on its node`);
    if (ephemeral !== undefined) reasons.push(`volume ${name} belongs to the pod and goes with it`);
    if (persistentVolumeClaim === undefined) continue;
    const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${persistentVolumeClaim.claimName}`;
    const claim = await api.read(path, signal);
    const modes = claim === null ? [] : claimSchema.parse(claim).spec.accessModes;
    if (!modes.includes('ReadWriteMany')) {
      reasons.push(`volume ${name} can be at one node only (${modes.join(', ') || 'its claim is not there'})`);
    }
  }
  return reasons;
}
