import { z } from 'zod';
import { KubeApiError } from '../../errors.ts';
import { otherManager } from '../../replicas-managers.ts';
import { FORBIDDEN } from '../../status.ts';
import type { KubeApi } from '../kube-api.ts';
import type { Deployment } from './deployment.ts';

const autoscalerSchema = z.looseObject({
  spec: z.looseObject({ scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }) }),
});

/** Labels and annotations of those that put back what others change. */
const GITOPS = [
  'argocd.argoproj.io/tracking-id',
  'argocd.argoproj.io/instance',
  'kustomize.toolkit.fluxcd.io/name',
  'helm.toolkit.fluxcd.io/name',
];

/** Why nobody but its owners may change how many replicas the Deployment has, even for a moment; null when one may. */
export async function whyUnfit(api: KubeApi, deployment: Deployment, signal: AbortSignal): Promise<string | null> {
  const { metadata, spec, status } = deployment;
  const { namespace, name, labels, annotations } = metadata;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller !== undefined) return `${controller.kind} ${controller.name} manages its Deployment`;
  if (spec.paused) return 'its Deployment is paused';
  if (status.observedGeneration < metadata.generation || status.updatedReplicas < status.replicas) {
    return 'its Deployment is being rolled out';
  }
  const managed = GITOPS.find((key) => labels?.[key] !== undefined || annotations?.[key] !== undefined);
  if (managed !== undefined) return `its Deployment is kept as it is by what sets ${managed}`;
  const other = otherManager(metadata.managedFields);
  if (other !== null) return `${other} manages the replicas of its Deployment`;
  return scaledBy(api, namespace!, name, signal);
}

async function scaledBy(api: KubeApi, namespace: string, name: string, signal: AbortSignal): Promise<string | null> {
  try {
    const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    for (const object of await api.list(path, signal)) {
      const { scaleTargetRef } = autoscalerSchema.parse(object).spec;
      if (scaleTargetRef.kind === 'Deployment' && scaleTargetRef.name === name) {
        return `HorizontalPodAutoscaler ${object.metadata.name} scales its Deployment`;
      }
    }
    return null;
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.status !== FORBIDDEN) throw error;
    return 'whether something scales its Deployment may not be read with these credentials';
  }
}
