import { z } from 'zod';

const text = z.string().min(1);

/** On a pod whose memory is not where it shall go yet. Source: KEP-3521, pod scheduling readiness. */
export const ARCHIVE_GATE = 'restow.dev/archive';

/** Where what is made again of a pod shall go. */
export const intentSchema = z.strictObject({
  move: text,
  /** The pod that leaves: what is made again has its name and another UID. */
  pod: z.strictObject({ namespace: text, name: text, uid: text }),
  owner: z.strictObject({ kind: text, name: text, uid: text }),
  node: text,
  /** The node is cordoned, and the pod may come all the same. */
  evenIfCordoned: z.boolean(),
  /** It is not given to a node before somebody has taken this gate off (`ARCHIVE_GATE`). */
  gated: z.boolean(),
  /** Nobody is steered by it any more after this (milliseconds since the epoch). */
  expiresAt: z.int(),
});
export type Intent = z.infer<typeof intentSchema>;

export type SteeringOrder = Omit<Intent, 'expiresAt'>;

/**
 * Sees that a pod that its controller makes again comes to one node and no other. Where nothing can, whoever moves must see
 * to it that only one node can take the pod.
 */
export interface Steering {
  /** From now on, in place of what was said of the same move before; a string says why it cannot be had. */
  arm(order: SteeringOrder, signal: AbortSignal): Promise<string | null>;
  disarm(move: string, signal: AbortSignal): Promise<void>;
}
