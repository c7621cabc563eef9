import { KubeApiError } from '../errors.ts';
import { NOT_FOUND } from '../status.ts';
import type { KubeApi } from '../write/kube-api.ts';
import { LEASE_NAME, LEASE_NAMESPACE, LEASES, leaseSchema } from './lease-object.ts';

type Annotations = Readonly<Record<string, string | null>>;

/** Writes to the cluster's lease, held by whomever, or by nobody yet; null takes an annotation off. Throws KubeApiError. */
export async function annotateLease(api: KubeApi, annotations: Annotations, signal: AbortSignal): Promise<void> {
  const metadata = { annotations };
  const answer = await api.patch(LEASES.path, { metadata }, signal);
  if (answer.ok) return;
  if (answer.status !== NOT_FOUND) throw new KubeApiError(`the lease of the cluster: ${answer.message}`, answer.status);
  const kept = Object.fromEntries(Object.entries(annotations).filter(([, value]) => value !== null));
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE_NAME, namespace: LEASE_NAMESPACE, annotations: kept },
    spec: {},
  };
  const created = await api.create(LEASES.collection, lease, signal);
  if (!created.ok) throw new KubeApiError(`the lease of the cluster: ${created.message}`, created.status);
}

export async function leaseAnnotations(api: KubeApi, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  const found = await api.read(LEASES.path, signal);
  return (found === null ? null : leaseSchema.parse(found).metadata.annotations) ?? {};
}
