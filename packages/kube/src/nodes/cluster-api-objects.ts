import { z } from 'zod';
import { managedFieldsSchema } from '../replicas-managers.ts';
import { type KubeApi, type KubeObject, metadataSchema } from '../write/kube-api.ts';

const GROUP = '/apis/cluster.x-k8s.io';
/** Newest first; which of them a cluster serves depends on its release. */
const VERSIONS = ['v1beta2', 'v1beta1'];
const PLURALS = { Machine: 'machines', MachineSet: 'machinesets', MachineDeployment: 'machinedeployments' } as const;
export type ClusterApiKind = keyof typeof PLURALS;

/** An object of Cluster API, and where it was found. */
export interface Found<Type> {
  readonly path: string;
  readonly object: Type;
}

/** A MachineDeployment, or a MachineSet that none owns: what decides how many machines there are. */
export const scalableSchema = z.looseObject({
  kind: z.string().optional(),
  metadata: metadataSchema.extend({ generation: z.int().default(0), managedFields: managedFieldsSchema }),
  spec: z.looseObject({ replicas: z.int().default(1) }),
});
export type Scalable = z.infer<typeof scalableSchema>;

export async function readClusterApi(
  api: KubeApi,
  kind: ClusterApiKind,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Found<KubeObject> | null> {
  for (const version of VERSIONS) {
    const path = `${GROUP}/${version}/namespaces/${namespace}/${PLURALS[kind]}/${name}`;
    const object = await api.read(path, signal);
    if (object !== null) return { path, object };
  }
  return null;
}

export async function listMachines(api: KubeApi, namespace: string, signal: AbortSignal): Promise<KubeObject[]> {
  for (const version of VERSIONS) {
    const found = await api.list(`${GROUP}/${version}/namespaces/${namespace}/machines`, signal);
    if (found.length > 0) return found;
  }
  return [];
}

/** What owns and controls the object, by kind and name. */
export function controllerOf({ metadata }: { readonly metadata: KubeObject['metadata'] }) {
  return metadata.ownerReferences?.find(({ controller }) => controller === true) ?? null;
}
