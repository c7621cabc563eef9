import { z } from 'zod';

export const FORBIDDEN = 403;
export const NOT_FOUND = 404;
export const CONFLICT = 409;
export const GONE = 410;
export const TOO_MANY_REQUESTS = 429;
export const SERVER_ERROR = 500;

const statusSchema = z.looseObject({
  message: z.string().optional(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
  details: z.looseObject({ causes: z.array(z.looseObject({ reason: z.string().optional() })).optional() }).optional(),
});

export interface KubeStatus {
  readonly message: string;
  /** Reasons of single causes, such as `DisruptionBudget`. */
  readonly causes: readonly string[];
  /** Where a list that the server has forgotten can be read on. */
  readonly continue: string | null;
}

/** What an answer without success says (meta/v1 Status); the text itself where it is something else. */
export function statusOf(text: string): KubeStatus {
  let document: unknown = null;
  try {
    document = JSON.parse(text);
  } catch {
    // A proxy's page.
  }
  const { success, data } = statusSchema.safeParse(document);
  if (!success) return { message: text.slice(0, 300), causes: [], continue: null };
  return {
    message: data.message ?? '',
    causes: (data.details?.causes ?? []).flatMap(({ reason }) => reason ?? []),
    continue: data.metadata?.continue || null,
  };
}
