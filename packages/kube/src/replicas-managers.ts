import { z } from 'zod';

/** `metadata.managedFields`, only what says who has set `spec.replicas`. */
export const managedFieldsSchema = z
  .array(
    z.looseObject({
      manager: z.string().optional(),
      operation: z.string().optional(),
      subresource: z.string().optional(),
      fieldsV1: z
        .looseObject({ 'f:spec': z.looseObject({ 'f:replicas': z.unknown().optional() }).optional() })
        .optional(),
    }),
  )
  .nullish();

export interface ReplicasManager {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
}

/** People's tools, which write when they are told to and not by themselves. */
const BY_HAND = /^(kubectl|helm|restow)/i;

/** Who has set `spec.replicas`. Source: Kubernetes, server-side apply, `managedFields`. */
export function replicasManagers(managedFields: z.infer<typeof managedFieldsSchema>): readonly ReplicasManager[] {
  return (managedFields ?? []).flatMap(({ manager = '', operation = '', subresource = '', fieldsV1 }) =>
    fieldsV1?.['f:spec']?.['f:replicas'] === undefined ? [] : [{ manager, operation, subresource }],
  );
}

/** A tool that would put `spec.replicas` back to what it wants, or be in conflict with who has changed it; or null. */
export function otherManager(managedFields: z.infer<typeof managedFieldsSchema>): string | null {
  const other = replicasManagers(managedFields).find(
    ({ manager, operation }) => operation === 'Apply' || !BY_HAND.test(manager),
  );
  return other?.manager ?? null;
}
