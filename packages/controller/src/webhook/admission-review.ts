import { z } from 'zod';

const requestSchema = z.looseObject({
  uid: z.string(),
  namespace: z.string().optional(),
  dryRun: z.boolean().optional(),
  object: z.unknown(),
});

/** Source: admission.k8s.io/v1, AdmissionReview. */
export const admissionReviewSchema = z.looseObject({ request: requestSchema });

const termSchema = z.looseObject({ matchFields: z.array(z.unknown()).nullish() });

/** What of a pod that is about to be made says whether it is to be steered, and how it is so far. */
export const newPodSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
    ownerReferences: z.array(z.looseObject({ uid: z.string(), controller: z.boolean().optional() })).nullish(),
  }),
  spec: z.looseObject({
    affinity: z
      .looseObject({
        nodeAffinity: z
          .looseObject({
            requiredDuringSchedulingIgnoredDuringExecution: z
              .looseObject({ nodeSelectorTerms: z.array(termSchema) })
              .nullish(),
          })
          .nullish(),
      })
      .nullish(),
    tolerations: z.array(z.unknown()).nullish(),
    schedulingGates: z.array(z.unknown()).nullish(),
  }),
});
export type NewPod = z.infer<typeof newPodSchema>;

export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

/** Everything is allowed; what is patched is said. */
export function allowed(uid: string, patch: readonly PatchOperation[]): object {
  const change =
    patch.length === 0 ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true, ...change } };
}
