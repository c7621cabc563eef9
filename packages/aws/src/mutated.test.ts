import { fakeProduct, type Json, mutated } from '@restow/testkit';
import { expect, test } from 'vitest';
import { decodePlan, decodeRates, decodeReservation, decodeReserved } from './commitments.ts';
import { decodeMachineType } from './machine-types.ts';
import { decodeProduct, onePriceEach } from './on-demand.ts';
import { decodeSpotPrice, latestPrices } from './spot.ts';

const AT = new Date('2026-11-01T12:00:00Z');
const MUTATIONS = 10_000;

const RESERVED: Json = {
  ReservedInstancesId: 'ri-1',
  InstanceType: 'm5.large',
  InstanceCount: 2,
  State: 'active',
  Scope: 'Availability Zone',
  AvailabilityZone: 'us-east-1a',
  ProductDescription: 'Linux/UNIX',
  InstanceTenancy: 'default',
  FixedPrice: 438,
  UsagePrice: 0,
  RecurringCharges: [{ Amount: 0.01, Frequency: 'Hourly' }],
  Duration: 31_536_000,
  End: AT,
  CurrencyCode: 'USD',
};
const RESERVATION: Json = {
  CapacityReservationId: 'cr-1',
  InstanceType: 'm5.large',
  AvailabilityZone: 'us-east-1a',
  InstancePlatform: 'Linux/UNIX',
  Tenancy: 'default',
  State: 'active',
  TotalInstanceCount: 3,
  InstanceMatchCriteria: 'open',
};
const PLAN: Json = {
  savingsPlanId: 'sp-1',
  state: 'active',
  savingsPlanType: 'EC2Instance',
  ec2InstanceFamily: 'm5',
  region: 'us-east-1',
  commitment: '1.5',
  currency: 'USD',
};
const RATE: Json = {
  rate: '0.06',
  currency: 'USD',
  unit: 'Hrs',
  properties: [
    { name: 'instanceType', value: 'm5.large' },
    { name: 'region', value: 'us-east-1' },
    { name: 'tenancy', value: 'shared' },
    { name: 'productDescription', value: 'Linux/UNIX' },
  ],
};
const SPOT: Json = {
  InstanceType: 'm5.large',
  AvailabilityZone: 'us-east-1a',
  SpotPrice: '0.0350000000',
  Timestamp: AT,
  ProductDescription: 'Linux/UNIX',
};
const TYPE: Json = {
  InstanceType: 'g5.xlarge',
  CurrentGeneration: true,
  BareMetal: false,
  BurstablePerformanceSupported: false,
  SupportedUsageClasses: ['on-demand', 'spot'],
  ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
  VCpuInfo: { DefaultVCpus: 4 },
  MemoryInfo: { SizeInMiB: 16_384 },
  NetworkInfo: { MaximumNetworkInterfaces: 4, Ipv4AddressesPerInterface: 15 },
  GpuInfo: { Gpus: [{ Manufacturer: 'NVIDIA', Count: 1 }] },
};

const rateOf = (item: Json) => {
  const missing: string[] = [];
  const rates = decodeRates([item], 'us-east-1', 'USD', missing);
  return missing[0] ?? rates['m5.large'] ?? null;
};
const priced = (decoded: { nanosPerHour: number | null } | string | null) =>
  typeof decoded === 'string' || decoded === null ? decoded : decoded.nanosPerHour;

/** Each: an answer, and what is made of one; a number is a price, a string a reason, null nothing that counts. */
const DECODERS: readonly (readonly [string, Json, (item: Json) => number | string | null])[] = [
  [
    'a product',
    fakeProduct('m5.large', '0.0960000000') as Json,
    (item) => priced(decodeProduct(JSON.stringify(item), 'us-east-1', 'USD')),
  ],
  ['a spot price', SPOT, (item) => priced(decodeSpotPrice(item))],
  ['a reserved instance', RESERVED, (item) => priced(decodeReserved(item, 'us-east-1', 'USD', ['m5.large']))],
  ['a capacity reservation', RESERVATION, (item) => priced(decodeReservation(item, 'us-east-1', () => 96_000_000))],
  ['a Savings Plan', PLAN, (item) => priced(decodePlan(item, 'us-east-1', 'USD', { 'm5.large': 60_000_000 }))],
  ['a rate', RATE, rateOf],
];

test.each(DECODERS)('%s that is mutated is the price that it was, nothing, or a reason', (_name, item, decode) => {
  const price = decode(item);
  expect(price).toBeTypeOf('number');
  const outcomes = { price: 0, reason: 0, nothing: 0 };
  for (let index = 0; index < MUTATIONS / DECODERS.length; index++) {
    const mutation = mutated(item);
    const found = decode(mutation);
    if (typeof found === 'string') {
      expect(found.length).toBeGreaterThan(10);
      outcomes.reason++;
    } else if (found === null) outcomes.nothing++;
    else {
      expect(found, JSON.stringify(mutation)).toBe(price);
      outcomes.price++;
    }
  }
  // Some of each, or the mutations would not be any.
  expect(outcomes.price).toBeGreaterThan(50);
  expect(outcomes.reason).toBeGreaterThan(50);
});

test('a machine type that is mutated is what it was or a reason', () => {
  const whole = decodeMachineType(TYPE);
  for (let index = 0; index < 2_000; index++) {
    const mutation = mutated(TYPE);
    const found = decodeMachineType(mutation);
    if (typeof found === 'string') continue;
    const { cpu, memory, pods } = found.allocatable;
    const { allocatable } = whole as Exclude<typeof whole, string>;
    expect({ cpu, memory, pods }, JSON.stringify(mutation)).toEqual({
      cpu: allocatable.cpu,
      memory: allocatable.memory,
      pods: allocatable.pods,
    });
  }
});

test('what comes twice or in another order is the same', () => {
  const price = { instanceType: 'm5.large', nanosPerHour: 5 };
  expect([...onePriceEach([price, price], [])]).toEqual([['m5.large', 5]]);
  const older = { instanceType: 'm5.large', zone: 'a', nanosPerHour: 4, at: 1 };
  const later = { ...older, nanosPerHour: 6, at: 2 };
  for (const order of [
    [older, later, later],
    [later, older],
  ]) {
    expect([...latestPrices(order, 3, []).values()]).toEqual([later]);
  }
});
