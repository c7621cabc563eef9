import type { PodReference } from '@restow/model';

/** Where what is made again of a pod shall go. */
export interface Intent {
  readonly move: string;
  readonly pod: PodReference;
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly node: string;
}

/** Sees that a pod that its controller makes again comes to one node and no other. */
export interface Steering {
  /** From now on; a string says why it cannot be had. */
  arm(intent: Intent, signal: AbortSignal): Promise<string | null>;
  disarm(move: string, signal: AbortSignal): Promise<void>;
}
