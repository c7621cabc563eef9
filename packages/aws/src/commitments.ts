import { firstProblem, InputError, type NanosPerHour, parseRateNanos } from '@restow/model';
import type { SourcedCommitment } from '@restow/pricing';
import { z } from 'zod';
import { familyOf, quartersOf } from './sizes.ts';

const PLATFORMS = ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)'];
const SECONDS_PER_HOUR = 3600;
const HOURLY = 'Hourly';
/** Whose reservations count for the one size only. Source: AWS, "How Reserved Instances are applied". */
const INFLEXIBLE = new Set('g4ad g4dn g5 g5g inf1 hpc6a hpc7g p5 u7i-12tb'.split(' '));

const reservedSchema = z.object({
  ReservedInstancesId: z.string().min(1),
  InstanceType: z.string().min(1),
  InstanceCount: z.int().positive(),
  State: z.string(),
  Scope: z.enum(['Availability Zone', 'Region']),
  AvailabilityZone: z.string().optional(),
  ProductDescription: z.string(),
  InstanceTenancy: z.string(),
  FixedPrice: z.number().nonnegative(),
  UsagePrice: z.number().nonnegative(),
  RecurringCharges: z.array(z.object({ Amount: z.number().nonnegative(), Frequency: z.string() })).default([]),
  Duration: z.int().positive(),
  End: z.date().optional(),
  CurrencyCode: z.string().optional(),
});

/** `types`: those of the region, which a reservation of flexible size may cover. null: it is over. A string: why not. */
export function decodeReserved(
  item: unknown,
  region: string,
  currency: string,
  types: readonly string[],
): SourcedCommitment | string | null {
  const parsed = reservedSchema.safeParse(item);
  if (!parsed.success) return `a reserved instance: ${firstProblem(parsed.error)}`;
  const { data } = parsed;
  const { ReservedInstancesId: id, InstanceType: type, InstanceCount: count, Scope: scope } = data;
  if (data.State !== 'active') return null;
  if (!PLATFORMS.includes(data.ProductDescription) || data.InstanceTenancy !== 'default') return null;
  if (scope === 'Availability Zone' && data.AvailabilityZone === undefined)
    return `reserved instance ${id}: it is for a zone, and none is said`;
  const isKnown = (data.CurrencyCode ?? currency) === currency;
  const hours = data.Duration / SECONDS_PER_HOUR;
  const recurring = data.RecurringCharges.filter(({ Frequency }) => Frequency === HOURLY);
  const perHour = data.FixedPrice / hours + data.UsagePrice + recurring.reduce((sum, { Amount }) => sum + Amount, 0);
  const quarters = scope === 'Region' && !INFLEXIBLE.has(familyOf(type)) ? quartersOf(type) : null;
  const ofType = Object.fromEntries(
    types.flatMap((one) =>
      familyOf(one) === familyOf(type) && quartersOf(one) !== null ? [[one, quartersOf(one)!]] : [],
    ),
  );
  return {
    id,
    kind: 'reserved-instance',
    covers: {
      instanceTypes: quarters === null ? [type] : [],
      families: quarters === null ? [] : [familyOf(type)],
      region,
      zone: data.AvailabilityZone ?? null,
      os: 'linux',
    },
    amount:
      quarters === null
        ? { unit: 'machines', count }
        : { unit: 'sizes', count: count * quarters, ofType: { ...ofType, [type]: quarters } },
    // Every one has exactly one charge an hour, which may be zero; anything else is not understood.
    nanosPerHour: isKnown && recurring.length === 1 ? Math.round(perHour * count * 1e9) : null,
    // One for a zone is bound to it; others save money wherever in the organisation their family runs.
    shared: scope === 'Region',
    endsAt: data.End?.toISOString() ?? null,
  };
}

const reservationSchema = z.object({
  CapacityReservationId: z.string().min(1),
  InstanceType: z.string().min(1),
  AvailabilityZone: z.string().min(1),
  InstancePlatform: z.string(),
  Tenancy: z.string(),
  State: z.string(),
  TotalInstanceCount: z.int().nonnegative(),
  InstanceMatchCriteria: z.enum(['open', 'targeted']),
  EndDate: z.date().optional(),
});

/** Paid as if all of it ran, whether it does or not. Source: AWS, "On-Demand Capacity Reservations". */
export function decodeReservation(
  item: unknown,
  region: string,
  priceOf: (instanceType: string) => NanosPerHour | undefined,
): SourcedCommitment | string | null {
  const parsed = reservationSchema.safeParse(item);
  if (!parsed.success) return `a capacity reservation: ${firstProblem(parsed.error)}`;
  const { CapacityReservationId: id, InstanceType: type, TotalInstanceCount: count, ...data } = parsed.data;
  if (data.State !== 'active' || data.InstancePlatform !== 'Linux/UNIX' || data.Tenancy !== 'default') return null;
  if (data.InstanceMatchCriteria === 'targeted')
    return `capacity reservation ${id} is for machines that name it, and is not counted`;
  const price = priceOf(type);
  return {
    id,
    kind: 'capacity-reservation',
    covers: { instanceTypes: [type], families: [], region, zone: data.AvailabilityZone, os: 'linux' },
    amount: { unit: 'machines', count },
    nanosPerHour: price === undefined ? null : price * count,
    shared: false,
    endsAt: data.EndDate?.toISOString() ?? null,
  };
}

const planSchema = z.object({
  savingsPlanId: z.string().min(1),
  state: z.string(),
  savingsPlanType: z.string(),
  commitment: z.string(),
  currency: z.string(),
  ec2InstanceFamily: z.string().optional(),
  region: z.string().optional(),
  end: z.string().optional(),
});

const rateSchema = z.object({
  rate: z.string(),
  currency: z.string(),
  unit: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })),
});

/** What an hour of each machine type takes of a plan in this region; what is no such rate says why in `missing`. */
export function decodeRates(
  items: readonly unknown[],
  region: string,
  currency: string,
  missing: string[],
): Readonly<Record<string, NanosPerHour>> {
  const rates = new Map<string, NanosPerHour>();
  for (const item of items) {
    const parsed = rateSchema.safeParse(item);
    if (!parsed.success) {
      missing.push(`a Savings Plan's rate: ${firstProblem(parsed.error)}`);
      continue;
    }
    const { rate, unit, properties } = parsed.data;
    const property = new Map(properties.map(({ name, value }) => [name, value]));
    const type = property.get('instanceType');
    const isOurs =
      type !== undefined &&
      property.get('region') === region &&
      (property.get('tenancy') ?? 'shared') === 'shared' &&
      PLATFORMS.includes(property.get('productDescription') ?? 'Linux/UNIX');
    if (!isOurs) continue;
    const nanos = unit === 'Hrs' && parsed.data.currency === currency ? amountOf(rate) : null;
    if (nanos === null || nanos === 0)
      missing.push(`${type}: its Savings Plan rate is no price an hour in ${currency}`);
    // Of two that differ the dearer one: less of the plan is left then.
    else rates.set(type, Math.max(nanos, rates.get(type) ?? 0));
  }
  return Object.fromEntries(rates);
}

export function decodePlan(
  item: unknown,
  region: string,
  currency: string,
  rates: Readonly<Record<string, NanosPerHour>>,
): SourcedCommitment | string | null {
  const parsed = planSchema.safeParse(item);
  if (!parsed.success) return `a Savings Plan: ${firstProblem(parsed.error)}`;
  const { savingsPlanId: id, savingsPlanType: type, ec2InstanceFamily: family, ...data } = parsed.data;
  if (data.state !== 'active' || (type !== 'Compute' && type !== 'EC2Instance')) return null;
  if (type === 'EC2Instance' && data.region !== undefined && data.region !== region) return null;
  if (type === 'EC2Instance' && family === undefined) return `Savings Plan ${id}: its family is not said`;
  const nanos = amountOf(data.commitment);
  if (nanos === null || data.currency !== currency)
    return `Savings Plan ${id}: its commitment is no amount in ${currency}`;
  return {
    id,
    kind: 'savings-plan',
    covers: { instanceTypes: [], families: family === undefined ? [] : [family], region, zone: null, os: 'linux' },
    amount: { unit: 'spend', nanosPerHour: nanos, ofType: { ...rates } },
    nanosPerHour: nanos,
    shared: true,
    endsAt: data.end ?? null,
  };
}

function amountOf(text: string): NanosPerHour | null {
  try {
    return parseRateNanos(text);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
