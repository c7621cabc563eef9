import type { MoveOrder } from '@restow/executor';

/** Where a live move is. */
export type Phase =
  | 'preflight'
  | 'prepare'
  | 'copied-ahead'
  | 'freeze'
  | 'frozen'
  | 'checkpointed'
  | 'sent'
  | 'deleted'
  | 'ungated'
  | 'placed'
  | 'restored'
  | 'committed'
  | 'thawed'
  | 'coming-back'
  | 'came-back'
  | 'cold';

/** Told as it happens; `figures`: milliseconds by what took them, and bytes. */
export type PhaseListener = (order: MoveOrder, phase: Phase, figures: Readonly<Record<string, number>>) => void;
