import { z } from 'zod';

const MINUTE_MS = 60_000;
const limitMs = (minutes: number) =>
  z
    .int()
    .positive()
    .default(minutes * MINUTE_MS);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 22:00');
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const count = z.int().positive();

export const windowSchema = z.strictObject({
  /** Days on which the window opens; empty: every day. */
  days: z.array(weekday).default([]),
  from: clockTime,
  /** At or before `from`: on the next day. */
  to: clockTime,
  /** IANA name. */
  timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('UTC'),
});

/** How a plan is carried out; every limit that a run keeps. */
export const runPolicySchema = z.strictObject({
  budgets: z
    .strictObject({
      /** Nodes being emptied at the same time: cordoned by the run and not yet removed. */
      nodesAtOnce: count.default(5),
      /** Pods on their way at the same time: stopped, and what replaces them not yet ready. */
      podsAtOnce: count.default(20),
      /** The same for each owner (Deployment's ReplicaSet, StatefulSet, …). */
      podsAtOncePerOwner: count.default(1),
      /** Moves begun in any 60 seconds; null: no limit. */
      podsPerMinute: count.nullable().default(120),
    })
    .prefault({}),
  /** Steps begin only while one of these is open; none: always. */
  windows: z.array(windowSchema).default([]),
  /** A run stops, and what it bought goes again, once less than this part of the promised saving can be had. */
  minimumAchievedFraction: z.number().min(0).max(1).default(0.5),
  /** A run stops before it goes beyond any of these; null: no limit. */
  most: z
    .strictObject({
      stallMs: z.int().nonnegative().nullable().default(null),
      stallMsPerPod: z.int().nonnegative().nullable().default(null),
      movedBytes: z.int().nonnegative().nullable().default(null),
      /** Paid for nodes beyond what the cluster cost at the start, in millionths of the currency. */
      surgeMicros: z.int().nonnegative().nullable().default(null),
    })
    .prefault({}),
  /** Failed steps after which a run stops. */
  stopAfterFailures: count.default(3),
  brake: z
    .strictObject({
      /** Nothing begins while more than this part of the pods is not ready, those on their way and those at the start not counted. */
      unreadyPodsFraction: z.number().min(0).max(1).default(0.05),
      /** The run stops when the cluster has not become well after this. */
      waitMs: limitMs(5),
    })
    .prefault({}),
  /** Longest time for each kind of step. */
  limits: z
    .strictObject({
      launchMs: limitMs(10),
      readyMs: limitMs(15),
      moveMs: limitMs(15),
      /** Until a replacement has a node; then its old node takes pods again. */
      pendingMs: limitMs(1),
      removeMs: limitMs(15),
      /** How long the cluster may be out of reach. */
      outageMs: limitMs(5),
    })
    .prefault({}),
  /** Nodes that may be cordoned for the moment in which one pod moves, so that it does not land where it must not. */
  heldNodesPerMove: z.int().nonnegative().default(10),
  /** A plan is refused when more than this part of the pods that it moves have changed or gone since it was made. */
  staleFraction: z.number().min(0).max(1).default(0.1),
  /** How often a run may plan the rest again. */
  replans: z.int().nonnegative().default(10),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
