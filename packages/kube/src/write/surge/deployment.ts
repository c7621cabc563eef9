import { z } from 'zod';
import { metadataSchema } from '../kube-api.ts';

const managedFieldsSchema = z.array(
  z.looseObject({
    manager: z.string().optional(),
    operation: z.string().optional(),
    subresource: z.string().optional(),
    fieldsV1: z
      .looseObject({ 'f:spec': z.looseObject({ 'f:replicas': z.unknown().optional() }).optional() })
      .optional(),
  }),
);

export const deploymentSchema = z.looseObject({
  metadata: metadataSchema.extend({
    generation: z.int().default(0),
    managedFields: managedFieldsSchema.nullish(),
  }),
  spec: z.looseObject({ replicas: z.int().default(1), paused: z.boolean().default(false) }),
  status: z
    .looseObject({
      observedGeneration: z.int().default(0),
      replicas: z.int().default(0),
      updatedReplicas: z.int().default(0),
      availableReplicas: z.int().default(0),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .nullish(),
    })
    .default({ observedGeneration: 0, replicas: 0, updatedReplicas: 0, availableReplicas: 0 }),
});
export type Deployment = z.infer<typeof deploymentSchema>;

export interface ReplicasManager {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
}

/** Who has set `spec.replicas`. Source: Kubernetes, server-side apply, `managedFields`. */
export function replicasManagers({ metadata }: Deployment): readonly ReplicasManager[] {
  return (metadata.managedFields ?? []).flatMap(({ manager = '', operation = '', subresource = '', fieldsV1 }) =>
    fieldsV1?.['f:spec']?.['f:replicas'] === undefined ? [] : [{ manager, operation, subresource }],
  );
}
