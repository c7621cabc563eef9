import type { SourcedOffering } from '@restow/pricing';
import { FakeAws, fakeAwsAccount, fakeInstanceType, fakeProduct } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { awsPrices } from './aws-prices.ts';

const AT = new Date('2026-11-01T12:00:00Z');
const NEVER = AbortSignal.timeout(2 ** 31 - 1);

let aws: FakeAws;
beforeAll(async () => {
  aws = await FakeAws.start(fakeAwsAccount(AT));
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
});
beforeEach(() => {
  aws.become({ ...fakeAwsAccount(AT), reservedInstances: [], capacityReservations: [], savingsPlans: [] });
  aws.fail(() => undefined);
});

const cloud = () => awsPrices({ region: 'us-east-1', now: () => AT.getTime() });
const brief = ({ instanceType, zone, capacityType, nanosPerHour }: SourcedOffering) =>
  `${instanceType} ${zone ?? 'anywhere'} ${capacityType} ${nanosPerHour}`;

test('types, zones, on-demand and spot prices become offerings, over several pages of each', async () => {
  const { items, missing } = await cloud().offerings(NEVER);
  expect(missing).toEqual([]);
  expect(items.map(brief)).toEqual([
    'm5.large anywhere on-demand 96000000',
    'm5.large us-east-1a spot 35000000',
    'm5.large us-east-1b spot 35000000',
    'm5.xlarge anywhere on-demand 192000000',
    'm5.xlarge us-east-1a spot 70000000',
    'm5.xlarge us-east-1b spot 70000000',
    'm5.2xlarge anywhere on-demand 384000000',
    'm5.2xlarge us-east-1a spot 140000000',
    'm5.2xlarge us-east-1b spot 140000000',
    'c5.large us-east-1a on-demand 85000000',
    'c5.large us-east-1a spot 30000000',
  ]);
  expect(items[0]).toMatchObject({
    allocatable: { cpu: 1930, memory: 6903 * 2 ** 20, pods: 29 },
    arch: 'amd64',
    basis: 'list',
    region: 'us-east-1',
  });
});

test('what is throttled or fails for a while is asked again', async () => {
  let left = 2;
  aws.fail((action) => {
    if (action !== 'DescribeSpotPriceHistory' || left-- <= 0) return undefined;
    return left === 1 ? { status: 503, code: 'RequestLimitExceeded' } : { status: 500, code: 'InternalError' };
  });
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items).toHaveLength(11);
  expect(missing).toEqual([]);
});

test('what may not be asked is named with what it leaves open', async () => {
  aws.fail((action) =>
    action === 'DescribeSpotPriceHistory' ? { status: 403, code: 'UnauthorizedOperation' } : undefined,
  );
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items).toHaveLength(4);
  expect(missing).toEqual(['ec2:DescribeSpotPriceHistory is not allowed: there are no spot prices']);
});

test('a cloud that does not answer is an outage', async () => {
  aws.fail((action) => (action === 'DescribeInstanceTypes' ? { status: 400, code: 'ValidationError' } : undefined));
  await expect(cloud().offerings(NEVER)).rejects.toThrow(
    /AWS does not answer ec2:DescribeInstanceTypes: ValidationError/,
  );
});

test('two prices that differ are none, and what is not understood is said', async () => {
  aws.become({
    instanceTypes: [...fakeAwsAccount(AT).instanceTypes, fakeInstanceType('x9.odd', 0, 1024)],
    products: [fakeProduct('m5.large', '0.096'), fakeProduct('m5.large', '0.097'), fakeProduct('m5.xlarge', '0')],
  });
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items.filter(({ capacityType }) => capacityType === 'on-demand')).toEqual([]);
  expect(missing).toEqual([
    expect.stringContaining('x9.odd'),
    'm5.xlarge: its price is zero',
    'm5.large: there are two prices that differ',
  ]);
});

test('what is paid ahead: reservations by zone and by size, capacity, and Savings Plans', async () => {
  const reserved = {
    reservedInstancesId: 'ri-zone',
    instanceType: 'm5.large',
    instanceCount: 2,
    state: 'active',
    scope: 'Availability Zone',
    availabilityZone: 'us-east-1a',
    productDescription: 'Linux/UNIX',
    instanceTenancy: 'default',
    fixedPrice: 438,
    usagePrice: 0,
    recurringCharges: [{ amount: 0.01, frequency: 'Hourly' }],
    duration: 31_536_000,
    end: '2027-01-01T00:00:00.000Z',
    currencyCode: 'USD',
  };
  aws.become({
    reservedInstances: [
      reserved,
      { ...reserved, reservedInstancesId: 'ri-size', scope: 'Region', availabilityZone: undefined, instanceCount: 3 },
      { ...reserved, reservedInstancesId: 'ri-over', state: 'retired' },
    ],
    capacityReservations: [
      {
        capacityReservationId: 'cr-1',
        instanceType: 'm5.xlarge',
        availabilityZone: 'us-east-1b',
        instancePlatform: 'Linux/UNIX',
        tenancy: 'default',
        state: 'active',
        totalInstanceCount: 4,
        instanceMatchCriteria: 'open',
      },
    ],
    savingsPlans: [
      { savingsPlanId: 'sp-1', state: 'active', savingsPlanType: 'Compute', commitment: '1.5', currency: 'USD' },
    ],
    savingsPlanRates: [
      {
        rate: '0.06',
        currency: 'USD',
        unit: 'Hrs',
        properties: [
          { name: 'instanceType', value: 'm5.large' },
          { name: 'region', value: 'us-east-1' },
          { name: 'tenancy', value: 'shared' },
          { name: 'productDescription', value: 'Linux/UNIX' },
        ],
      },
    ],
  });
  const { items, missing } = await cloud().commitments(NEVER);
  expect(missing).toEqual([]);
  expect(items.map(({ id, amount, nanosPerHour, shared }) => ({ id, amount, nanosPerHour, shared }))).toEqual([
    // 438 USD over a year of 8,760 hours, and a cent each hour, for two.
    { id: 'ri-zone', amount: { unit: 'machines', count: 2 }, nanosPerHour: 120_000_000, shared: false },
    {
      id: 'ri-size',
      amount: { unit: 'sizes', count: 48, ofType: { 'm5.large': 16, 'm5.xlarge': 32, 'm5.2xlarge': 64 } },
      nanosPerHour: 180_000_000,
      shared: true,
    },
    { id: 'cr-1', amount: { unit: 'machines', count: 4 }, nanosPerHour: 768_000_000, shared: false },
    {
      id: 'sp-1',
      amount: { unit: 'spend', nanosPerHour: 1_500_000_000, ofType: { 'm5.large': 60_000_000 } },
      nanosPerHour: 1_500_000_000,
      shared: true,
    },
  ]);
});

test('how risky spot is: how its price has moved, and what the cloud says of its chances', async () => {
  const prices = fakeAwsAccount(AT).spotPrices as { instanceType: string; availabilityZone: string }[];
  aws.become({
    spotPrices: [...prices, { ...prices[0]!, spotPrice: '0.07', timestamp: '2026-10-30T00:00:00.000Z' }],
    placementScores: [{ region: 'us-east-1', availabilityZoneId: 'use1-az1', score: 9 }],
  });
  const { items } = await cloud().risks(['m5.large', 'm5.xlarge', 'c5.large'], NEVER);
  const of = (type: string, zone: string) => items.find((one) => one.instanceType === type && one.zone === zone);
  expect(of('m5.large', 'us-east-1a')).toMatchObject({ placementScore: 9, priceSpread: 2 });
  expect(of('m5.large', 'us-east-1b')).toMatchObject({ placementScore: null, priceSpread: 1 });
});
