import { z } from 'zod';
import { metadataSchema } from '../write/kube-api.ts';

/** Karpenter's objects (karpenter.sh/v1), only what is used; the rest of a template is copied as it is. */
const requirement = z.looseObject({ key: z.string() });
const budget = z.looseObject({
  nodes: z.string(),
  schedule: z.string().optional(),
  duration: z.string().optional(),
  reasons: z.array(z.string()).optional(),
});
const amounts = z.record(z.string(), z.union([z.string(), z.number()]));

export const poolSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({
    limits: amounts.nullish(),
    disruption: z.looseObject({ budgets: z.array(budget).nullish() }).nullish(),
    template: z.looseObject({
      metadata: z
        .looseObject({
          labels: z.record(z.string(), z.string()).nullish(),
          annotations: z.record(z.string(), z.string()).nullish(),
        })
        .nullish(),
      spec: z.looseObject({
        nodeClassRef: z.looseObject({ group: z.string(), kind: z.string(), name: z.string() }),
        requirements: z.array(requirement).optional(),
        taints: z.array(z.looseObject({ key: z.string(), effect: z.string() })).optional(),
      }),
    }),
  }),
  status: z.looseObject({ resources: amounts.nullish() }).nullish(),
});

export const claimSchema = z.looseObject({
  metadata: metadataSchema,
  status: z
    .looseObject({
      nodeName: z.string().nullish(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .nullish(),
    })
    .nullish(),
});

export type NodePool = z.infer<typeof poolSchema>;
export type NodeClaim = z.infer<typeof claimSchema>;
export type DisruptionBudget = z.infer<typeof budget>;
