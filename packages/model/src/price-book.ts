import { z } from 'zod';
import { API_VERSION } from './api-version.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { capacityTypeSchema } from './snapshot.ts';

export const priceBasisSchema = z.enum(['list', 'effective', 'cash']);

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
  nanosPerHour: z.int().nonnegative(),
  basis: priceBasisSchema,
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
    }),
  ),
  offerings: z.array(offeringSchema),
});

export type PriceBasis = z.infer<typeof priceBasisSchema>;
/** One thing that can be bought, at a price. */
export type Offering = DeepReadonly<z.infer<typeof offeringSchema>>;
export type PriceBook = DeepReadonly<z.infer<typeof priceBookSchema>>;
