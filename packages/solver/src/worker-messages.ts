import type { InputLocation, Plan } from '@restow/model';
import type { PlanRequest } from './make-plan.ts';

export interface WorkerInput {
  readonly restow: 'solver';
  readonly request: PlanRequest;
  /** Plans to choose from, or the best one. */
  readonly wants: 'frontier' | 'best';
  /** One Int32: an index into STOP_REASONS, set by the main thread. */
  readonly flag: SharedArrayBuffer;
  readonly timeLimitMs: number;
}

export const STOP_REASONS = [null, 'cancelled'] as const;

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly phase: string }
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  | { readonly kind: 'input-error'; readonly problem: string; readonly location: InputLocation };
