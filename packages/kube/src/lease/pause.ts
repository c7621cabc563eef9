import { KubeApiError } from '../errors.ts';
import { NOT_FOUND } from '../status.ts';
import type { KubeApi } from '../write/kube-api.ts';
import { LEASE_NAME, LEASE_NAMESPACE, LEASES, leaseSchema, PAUSED_ANNOTATION, pausedIn } from './lease-object.ts';

/** Stops every run on the cluster, and keeps others from beginning, until `resumeRuns`. `why` is shown to them. */
export async function pauseRuns(api: KubeApi, why: string, signal: AbortSignal): Promise<void> {
  const metadata = { annotations: { [PAUSED_ANNOTATION]: why } };
  const answer = await api.patch(LEASES.path, { metadata }, signal);
  if (answer.ok) return;
  if (answer.status !== NOT_FOUND) throw new KubeApiError(`pause: ${answer.message}`, answer.status);
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE_NAME, namespace: LEASE_NAMESPACE, ...metadata },
    spec: {},
  };
  const created = await api.create(LEASES.collection, lease, signal);
  if (!created.ok) throw new KubeApiError(`pause: ${created.message}`, created.status);
}

/** Runs may change the cluster again. Answers why they could not; null when they could all the time. */
export async function resumeRuns(api: KubeApi, signal: AbortSignal): Promise<string | null> {
  const found = await api.read(LEASES.path, signal);
  const why = pausedIn(found === null ? null : leaseSchema.parse(found));
  if (why === null) return null;
  const answer = await api.patch(LEASES.path, { metadata: { annotations: { [PAUSED_ANNOTATION]: null } } }, signal);
  if (!answer.ok) throw new KubeApiError(`resume: ${answer.message}`, answer.status);
  return why;
}
