import { z } from 'zod';
import { metadataSchema } from '../write/kube-api.ts';

/** `coordination.k8s.io/v1` Lease, only what is used. */
export const leaseSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.int().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.int().nullish(),
    })
    .nullish(),
});
export type Lease = z.infer<typeof leaseSchema>;

/** The one lease of a cluster: who changes it, and whether anybody may. */
export const LEASE_NAME = 'restow';
export const LEASE_NAMESPACE = 'kube-system';
const COLLECTION = `/apis/coordination.k8s.io/v1/namespaces/${LEASE_NAMESPACE}/leases`;
export const LEASES = { collection: COLLECTION, path: `${COLLECTION}/${LEASE_NAME}` };
/** While it is there no run changes anything: why, and since when. */
export const PAUSED_ANNOTATION = 'restow.dev/paused';

export function pausedIn(lease: Lease | null): string | null {
  return lease?.metadata.annotations?.[PAUSED_ANNOTATION] ?? null;
}
