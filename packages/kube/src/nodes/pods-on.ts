import { z } from 'zod';
import type { KubeApi } from '../write/kube-api.ts';

const phaseSchema = z.looseObject({ status: z.looseObject({ phase: z.string().optional() }).optional() });
const MIRROR = 'kubernetes.io/config.mirror';
const NODE_OWNERS: ReadonlySet<string> = new Set(['DaemonSet', 'Node']);

/** Pods on a node that do not belong to it and have not ended, as `namespace/name`; read from the API server itself. */
export async function podsOn(api: KubeApi, node: string, signal: AbortSignal): Promise<string[]> {
  const pods = await api.list(`/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`, signal);
  return pods.flatMap((pod) => {
    const { namespace, name, annotations, ownerReferences } = pod.metadata;
    const { phase } = phaseSchema.parse(pod).status ?? {};
    const belongs = ownerReferences?.some(({ controller, kind }) => controller === true && NODE_OWNERS.has(kind));
    const isOver = phase === 'Succeeded' || phase === 'Failed';
    return belongs === true || isOver || annotations?.[MIRROR] !== undefined ? [] : [`${namespace}/${name}`];
  });
}
