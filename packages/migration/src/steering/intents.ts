import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Intent, intentSchema } from './steering.ts';

/** Intents are ConfigMaps, so that they outlive whoever had them, and so that who may write them is said by RBAC. */
export const INTENT_NAMESPACE = 'kube-system';
export const INTENT_COLLECTION = `/api/v1/namespaces/${INTENT_NAMESPACE}/configmaps`;
/** On an intent: the webhook knows it, and which one it knows. */
export const ARMED_ANNOTATION = 'restow.dev/armed';
/** What of the cluster's configuration says that there is a webhook. */
export const WEBHOOK_NAME = 'restow';
export const WEBHOOK_PATH = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${WEBHOOK_NAME}`;

const INTENT_LABEL = 'restow.dev/intent';

export const intentObjectSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  data: z.record(z.string(), z.string()).nullish(),
});

export function intentName(move: string): string {
  return `restow-intent-${createHash('sha256').update(move).digest('hex').slice(0, 16)}`;
}

export function intentObject(intent: Intent): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: intentName(intent.move), namespace: INTENT_NAMESPACE, labels: { [INTENT_LABEL]: 'true' } },
    data: { intent: JSON.stringify(intent) },
  };
}

/** null: the object is no intent, or one that cannot be read. */
export function intentOf(
  object: unknown,
): { readonly name: string; readonly uid: string; readonly intent: Intent } | null {
  const { metadata, data } = intentObjectSchema.parse(object);
  if (metadata.labels?.[INTENT_LABEL] !== 'true' || data?.intent === undefined) return null;
  try {
    return { name: metadata.name, uid: metadata.uid, intent: intentSchema.parse(JSON.parse(data.intent)) };
  } catch {
    return null;
  }
}
