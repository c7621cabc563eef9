import { InputError, parseResource, type Resources } from '@restow/model';
import { z } from 'zod';

/** Kubernetes API objects as `kubectl get -o json` prints them: only the fields that are used, everything else let through. */

/** A map of resource amounts, checked and turned into integers. */
export const resourceMap = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .transform((map, context): Resources => {
    const result: Record<string, number> = {};
    for (const [name, amount] of Object.entries(map)) {
      try {
        result[name] = parseResource(name, String(amount));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        context.addIssue({ code: 'custom', message: error.problem, path: [name] });
      }
    }
    return result;
  });

const stringMap = z.record(z.string(), z.string());

export const ownerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string().nullish(),
  controller: z.boolean().nullish(),
});

export const metadata = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  uid: z.string().nullish(),
  labels: stringMap.nullish(),
  annotations: stringMap.nullish(),
  deletionTimestamp: z.string().nullish(),
  ownerReferences: z.array(ownerReference).nullish(),
});

export const expression = z.object({
  key: z.string(),
  operator: z.string(),
  values: z.array(z.string()).nullish(),
});

export const labelSelector = z.object({
  matchLabels: stringMap.nullish(),
  matchExpressions: z.array(expression).nullish(),
});

export const nodeSelectorTerm = z.object({
  matchExpressions: z.array(expression).nullish(),
  matchFields: z.array(expression).nullish(),
});

export const taint = z.object({ key: z.string(), value: z.string().nullish(), effect: z.string() });

export type RawMetadata = z.infer<typeof metadata>;
export type RawExpression = z.infer<typeof expression>;
export type RawLabelSelector = z.infer<typeof labelSelector>;
export type RawNodeSelectorTerm = z.infer<typeof nodeSelectorTerm>;
