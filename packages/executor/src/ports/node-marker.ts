import type { ActOutcome } from '../outcome.ts';

/** A node by name; the UID says that it is still that one. */
export interface NodeIdentity {
  readonly name: string;
  readonly uid: string;
}

/**
 * Changes what the scheduler thinks of a node. Each call may be repeated. A node that is gone, or is another one under
 * the same name, is refused with code `gone`.
 */
export interface NodeMarker {
  /** Takes no more pods. Answers what was so before. */
  cordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<{ readonly wasCordoned: boolean }>>;
  uncordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome>;
  /** Takes pods only when no other node will (a soft taint of restow's own). */
  markUnpreferred(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome>;
  unmark(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome>;
  /** Autoscalers leave it alone from now on. A protection that was there before is not the run's, and stays. */
  protect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome>;
  unprotect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome>;
}
