import { z } from 'zod';
import { managedFieldsSchema } from '../../replicas-managers.ts';
import { metadataSchema } from '../kube-api.ts';

export const deploymentSchema = z.looseObject({
  metadata: metadataSchema.extend({
    generation: z.int().default(0),
    managedFields: managedFieldsSchema,
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
