import type { MessagePort } from 'node:worker_threads';
import type { InputLocation, Plan } from '@restow/model';
import type { Bounded } from './bound/bounded.ts';
import type { Relaxation } from './bound/relax.ts';
import type { TighteningEffort } from './bound/tighten.ts';
import type { PlanRequest } from './make-plan.ts';

export interface SearchInput {
  readonly restow: 'solver';
  readonly request: PlanRequest;
  /** Plans to choose from, or the best one. */
  readonly wants: 'frontier' | 'best';
  /** One Int32: an index into STOP_REASONS, set by the main thread. */
  readonly flag: SharedArrayBuffer;
  readonly timeLimitMs: number;
}

/** A bound to be tightened while its problem is searched. */
export interface TightenInput {
  readonly restow: 'solver';
  readonly wants: 'bound';
  readonly problem: Bounded;
  readonly relaxation: Relaxation;
  readonly effort: TighteningEffort;
  /** Two Int32: not 0 where it is to stop; not 0 where it has answered. */
  readonly flags: SharedArrayBuffer;
  /** Where the bound is sent. */
  readonly port: MessagePort;
}

export type WorkerInput = SearchInput | TightenInput;

export const STOP = 0;
export const ANSWERED = 1;

export const STOP_REASONS = [null, 'cancelled'] as const;

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly phase: string }
  /** What is to be given out if no answer comes in time after a cancel. */
  | { readonly kind: 'draft'; readonly plan: Plan }
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  | { readonly kind: 'input-error'; readonly problem: string; readonly location: InputLocation };
