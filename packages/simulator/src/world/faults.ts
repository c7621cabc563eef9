import type { DeepReadonly } from '@restow/model';
import { z } from 'zod';

/** Failures that lie in wait and strike when what they are named for is tried. */
const LYING_IN_WAIT = [
  'launch-no-capacity',
  'launch-slow',
  'launch-never-joins',
  'node-never-ready',
  'remove-refused',
  'eviction-refused',
  'pod-slow-start',
  'pod-never-ready',
  'pod-stuck-terminating',
  'scheduler-elsewhere',
  'autoscaler-buys-back',
] as const;
/** Failures that happen at a time of their own, to something drawn at random. */
const TIMED = [
  'node-lost',
  'spot-interruption',
  'room-taken',
  'pod-replaced',
  'node-uncordoned',
  'node-cordoned',
  'node-relabelled',
  'view-outage',
  'owner-scaled',
  'budget-closed',
  'cluster-unwell',
] as const;

export const FAULT_NAMES = [...LYING_IN_WAIT, ...TIMED] as const;
export type FaultName = (typeof FAULT_NAMES)[number];
export type TimedFault = (typeof TIMED)[number];

export const faultSchema = z.strictObject({
  name: z.enum(FAULT_NAMES),
  /** Of those that lie in wait: how likely it strikes each time. */
  probability: z.number().min(0).max(1).default(1),
  /** How often it strikes at most; of the timed ones, to how many at once. */
  times: z.int().positive().nullable().default(null),
  /** Of the timed ones: when, after the start. */
  afterMs: z.int().nonnegative().default(0),
  /** How long it lasts, where that means something. */
  durationMs: z.int().positive().default(120_000),
});

export type Fault = DeepReadonly<z.infer<typeof faultSchema>>;

export function isTimed(fault: Fault): fault is Fault & { readonly name: TimedFault } {
  return (TIMED as readonly string[]).includes(fault.name);
}
