import { z } from 'zod';
import { amountSchema } from './amount.ts';

const measured = z.int().positive().nullable().default(null);

const valueSchema = z.strictObject({
  /** Label selector of the pods; empty: all. */
  pods: z.string().default(''),
  /** Empty: all. */
  namespaces: z.array(z.string()).default([]),
  /** What it costs when such a pod is cut off without warning: its memory, its work, whoever waits for it. */
  interruption: amountSchema,
  /** What each second without it costs, unless another stands in; null: a hundredth of the interruption. */
  perSecondAway: amountSchema.nullable().default(null),
});

/** How pods are brought off nodes that are about to go. */
export const evacuationPolicySchema = z.strictObject({
  /** What is at stake, first match first; what nothing matches is worth what its kind, replicas and memory make of it. */
  values: z.array(valueSchema).default([]),
  /** How fast pods move here; null: as earlier runs on the cluster have measured, else USUAL_RATES. */
  rates: z
    .strictObject({
      /** A live move without its bytes. */
      liveMs: measured,
      /** Memory of live moves that leaves one node in a second. */
      bytesPerSecond: measured,
      /** Until what replaces a pod is ready elsewhere. */
      startMs: measured,
      /** Until a pod that is asked to stop has stopped. */
      stopMs: measured,
      /** Until a node that is ordered takes pods. */
      launchMs: measured,
      /** Until a pod that went down with its node is ready elsewhere. */
      lostMs: measured,
    })
    .prefault({}),
  /** So long before the deadline everything shall be over. */
  marginMs: z.int().nonnegative().default(3_000),
});

/** How fast pods move, in every respect. */
export type MovingRates = {
  readonly [Rate in keyof z.infer<typeof evacuationPolicySchema>['rates']]: number;
};

/** Where nobody has said or measured it; live moves as on the machine of benchmarks/migration. */
export const USUAL_RATES: MovingRates = {
  liveMs: 1_300,
  bytesPerSecond: 70_000_000,
  startMs: 10_000,
  stopMs: 5_000,
  launchMs: 75_000,
  lostMs: 120_000,
};
