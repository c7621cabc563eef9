import { z } from 'zod';
import { API_VERSION } from './api-version.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { capacityTypeSchema } from './snapshot.ts';

/**
 * `list`: what everybody pays. `contracted`: what this account pays for one hour more. `effective`: with what was paid
 * ahead spread over its hours. `cash`: by how much the next invoice changes. Terms are FOCUS' (ListCost, ContractedCost,
 * EffectiveCost).
 */
export const priceBasisSchema = z.enum(['list', 'contracted', 'effective', 'cash']);

export const offeringSchema = z.strictObject({
  instanceType: z.string(),
  /** null: any region. */
  region: z.string().nullable(),
  /** null: any zone of the region. */
  zone: z.string().nullable(),
  capacityType: capacityTypeSchema,
  arch: z.string(),
  os: z.string(),
  /** What pods may use of a fresh node, daemon sets not yet taken off. */
  allocatable: z.record(z.string(), z.int().nonnegative()),
  /** Of one hour more. */
  nanosPerHour: z.int().nonnegative(),
  basis: priceBasisSchema,
  /** The public price, where `nanosPerHour` is another one. */
  listNanosPerHour: z.int().nonnegative().exactOptional(),
  /** Index into `sources`. */
  source: z.int().nonnegative(),
  /** May be launched; a price may be known only to value nodes that exist. */
  launchable: z.boolean(),
  burstable: z.boolean(),
  previousGeneration: z.boolean(),
  bareMetal: z.boolean(),
  /** Has GPUs or other accelerators, whole or in part. */
  accelerated: z.boolean(),
});

export const commitmentKindSchema = z.enum([
  'reserved-instance',
  'capacity-reservation',
  'savings-plan',
  'committed-use',
]);

/** Capacity or spend that is paid for whether it is used or not. */
export const commitmentSchema = z.strictObject({
  id: z.string(),
  kind: commitmentKindSchema,
  covers: z.strictObject({
    /** Empty: any. */
    instanceTypes: z.array(z.string()),
    /** Such as `m5`; empty: any. */
    families: z.array(z.string()),
    region: z.string().nullable(),
    zone: z.string().nullable(),
    os: z.string(),
  }),
  /** What there is of it: machines, machines of the smallest size (`sizes`), or what is spent an hour. */
  amount: z.discriminatedUnion('unit', [
    z.strictObject({ unit: z.literal('machines'), count: z.int().nonnegative() }),
    z.strictObject({
      unit: z.literal('sizes'),
      /** In quarters of a normalised unit, so that the smallest size is a whole number. */
      count: z.int().nonnegative(),
      /** The same for each machine type that it may cover. */
      ofType: z.record(z.string(), z.int().positive()),
    }),
    z.strictObject({
      unit: z.literal('spend'),
      nanosPerHour: z.int().nonnegative(),
      /** What an hour of each machine type takes of it; types that are not there are not covered. */
      ofType: z.record(z.string(), z.int().nonnegative()),
    }),
  ]),
  /** What all of it costs an hour, payments ahead included; null: not known. */
  nanosPerHour: z.int().nonnegative().nullable(),
  /** What this cluster does not use may save money elsewhere in the organisation. */
  shared: z.boolean(),
  /** ISO 8601; null: not known, or until it is cancelled. */
  endsAt: z.string().nullable(),
  source: z.int().nonnegative(),
});

export const priceBookSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('PriceBook'),
  currency: z.string(),
  /** In the order in which they are asked: the first that knows a price gives it. */
  sources: z.array(
    z.strictObject({
      name: z.string(),
      /** ISO date on which these prices were valid; null when the source does not say. */
      asOf: z.string().nullable(),
      /** The prices are of this region and were assumed to hold for another (`--assume-region`). */
      assumed: z.boolean(),
      /** The source did not answer: these are the last prices that it gave. */
      stale: z.boolean().exactOptional(),
    }),
  ),
  offerings: z.array(offeringSchema),
  commitments: z.array(commitmentSchema),
  /** What a source could not say, and what that leaves open. */
  missing: z.array(z.string()),
});

export type PriceBasis = z.infer<typeof priceBasisSchema>;
/** One thing that can be bought, at a price. */
export type Offering = DeepReadonly<z.infer<typeof offeringSchema>>;
export type PriceBook = DeepReadonly<z.infer<typeof priceBookSchema>>;
export type Commitment = DeepReadonly<z.infer<typeof commitmentSchema>>;
export type CommitmentKind = z.infer<typeof commitmentKindSchema>;
