import type { DeepReadonly } from '@restow/model';
import { API_VERSION, policySchema } from '@restow/model';
import { z } from 'zod';
import { faultSchema } from '../world/faults.ts';

const text = z.string();
const hours = z.number().positive();
const range = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);

/** A what-if: a cluster, what happens to it over hours or days, and how often restow looks after it. */
export const scenarioSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Scenario'),
  /** `example`, or a file: `kubectl get … -o json` output or a saved snapshot; relative to the scenario. */
  cluster: text.default('example'),
  /** As `restow plan --prices`; empty with the example cluster: its own prices. */
  prices: z.array(text).default([]),
  assumeRegion: text.nullable().default(null),
  policy: policySchema.prefault({}),
  seed: z.int().default(1),
  startsAt: z.iso.datetime().default('2026-01-05T00:00:00Z'),
  hours: hours.max(24 * 62).default(24),
  restow: z
    .strictObject({
      /** A plan is made and carried out so often. */
      everyHours: hours.default(1),
      effort: z.enum(['quick', 'normal', 'thorough']).default('quick'),
    })
    .prefault({}),
  /** How many replicas owners want over the day, in parts of what they have at the start; 24 hours, UTC. */
  load: z
    .array(
      z.strictObject({
        namespace: text.default(''),
        /** Owner's name, as it stands in its pods; empty: every Deployment's ReplicaSet of the namespace. */
        owner: text.default(''),
        ofReplicas: z.array(z.number().min(0).max(100)).length(24),
      }),
    )
    .default([]),
  autoscaler: z
    .strictObject({
      afterMs: z.int().positive().default(30_000),
      removeEmptyAfterMs: z.int().positive().nullable().default(600_000),
    })
    .nullable()
    .prefault({}),
  spot: z
    .strictObject({
      /** Mean time between interruptions of one node; null: none but those of the traces. */
      meanHours: hours.nullable().default(null),
      noticeMs: z.int().nonnegative().default(120_000),
      /** Recorded availability (`{metadata: {gap_seconds}, data: [count…]}`), for one zone or all. */
      traces: z.array(z.strictObject({ file: text, zone: text.nullable().default(null) })).default([]),
    })
    .prefault({}),
  /** From then on, prices of that capacity type are so many times what they were. */
  priceChanges: z
    .array(
      z.strictObject({
        afterHours: z.number().nonnegative(),
        capacityType: z.enum(['on-demand', 'spot']),
        factor: z.number().positive(),
      }),
    )
    .default([]),
  behaviour: z
    .strictObject({
      launchMs: range.default([30_000, 60_000]),
      podStartMs: range.default([2000, 8000]),
      schedulerNoise: z.number().min(0).max(1).default(0),
      /** Whether moves can tell the scheduler where to put the pod. */
      steers: z.boolean().default(true),
    })
    .prefault({}),
  faults: z.array(faultSchema).default([]),
});

export type Scenario = DeepReadonly<z.infer<typeof scenarioSchema>>;

export const spotTraceSchema = z.object({
  metadata: z.object({ gap_seconds: z.number().positive() }),
  data: z.array(z.number().nonnegative()).min(1),
});

export type SpotTrace = DeepReadonly<z.infer<typeof spotTraceSchema>>;
