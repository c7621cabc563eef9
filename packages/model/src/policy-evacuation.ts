import { z } from 'zod';

const MOST = 999_999;
/** An amount of the price book's currency, as a decimal string or number. */
const amount = z.union([
  z
    .number()
    .min(0)
    .max(MOST)
    .transform((value) => value.toFixed(6)),
  z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'expected an amount such as 2.50'),
]);
const limitMs = (ms: number) => z.int().nonnegative().default(ms);

const valueSchema = z.strictObject({
  /** Label selector of the pods; empty: all. */
  pods: z.string().default(''),
  /** Empty: all. */
  namespaces: z.array(z.string()).default([]),
  /** What it costs when such a pod is cut off without warning: its memory, its work, whoever waits for it. */
  interruption: amount,
  /** What each second without it costs, unless another stands in; null: a hundredth of the interruption. */
  perSecondAway: amount.nullable().default(null),
});

/** How pods are brought off nodes that are about to go. */
export const evacuationPolicySchema = z.strictObject({
  /** What is at stake, first match first; what nothing matches is worth what its kind, replicas and memory make of it. */
  values: z.array(valueSchema).default([]),
  /** How fast pods move here. */
  rates: z
    .strictObject({
      /** A live move without its bytes. */
      liveMs: limitMs(1_300),
      /** Memory of live moves that leaves one node in a second. */
      bytesPerSecond: z.int().positive().default(70_000_000),
      /** Until what replaces a pod is ready elsewhere. */
      startMs: limitMs(10_000),
      /** Until a pod that is asked to stop has stopped. */
      stopMs: limitMs(5_000),
      /** Until a node that is ordered takes pods. */
      launchMs: limitMs(75_000),
      /** Until a pod that went down with its node is ready elsewhere. */
      lostMs: limitMs(120_000),
    })
    .prefault({}),
  /** So long before the deadline everything shall be over. */
  marginMs: limitMs(3_000),
});
