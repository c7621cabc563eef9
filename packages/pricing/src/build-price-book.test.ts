import { buildNode } from '@restow/testkit';
import { expect, test } from 'vitest';
import { buildPriceBook } from './build-price-book.ts';
import { PriceLookup } from './price-lookup.ts';

const HEADER =
  'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';
const FILE = `${HEADER}\nm5.large,,on-demand,amd64,1930,6903,29,0,0.05\nm5.large,us-east-1b,on-demand,amd64,1930,6903,29,0,0.06\n`;
const book = (sources: string[], assumeRegion: string | null = null) =>
  buildPriceBook({ sources, assumeRegion }, { readText: async () => FILE, readCloud: async () => null });
const node = (region: string, zone: string, instanceType = 'm5.large') =>
  buildNode('n', { region, zone, instanceType });

test('built-in prices count in their own region only', async () => {
  const lookup = new PriceLookup(await book([]));
  expect(lookup.priceOf(node('us-east-1', 'us-east-1a'))?.microsPerHour).toBe(96_000);
  expect(lookup.priceOf(node('eu-west-1', 'eu-west-1a'))).toBeNull();
  expect(lookup.priceOf(node('us-central1', 'us-central1-a', 'e2-standard-4'))?.microsPerHour).toBe(134_020);
});

test('an assumed region gives prices elsewhere, and they are marked', async () => {
  const assumed = await book([], 'us-east-1');
  const price = new PriceLookup(assumed).priceOf(node('eu-west-1', 'eu-west-1a'));
  expect(price?.microsPerHour).toBe(96_000);
  expect(assumed.sources[price!.offering.source]?.assumed).toBe(true);
  await expect(book([], 'mars-north-1')).rejects.toThrow(/us-east-1, us-central1 only/);
});

test('a price file comes before the catalogue, and is all that may be launched', async () => {
  const withFile = await book(['file:prices.csv']);
  const lookup = new PriceLookup(withFile);
  expect(lookup.priceOf(node('us-east-1', 'us-east-1a'))?.microsPerHour).toBe(50_000);
  expect(lookup.priceOf(node('us-east-1', 'us-east-1b'))?.microsPerHour).toBe(60_000);
  expect(lookup.priceOf(node('us-east-1', 'us-east-1a', 'c5.large'))?.microsPerHour).toBe(85_000);
  expect(withFile.offerings.filter(({ launchable }) => launchable)).toHaveLength(2);
});

test('the catalogue knows what is not bought by default', async () => {
  const { offerings } = await book([]);
  const of = (type: string) => offerings.find(({ instanceType }) => instanceType === type);
  expect(of('t3.large')).toMatchObject({ burstable: true });
  expect(of('m4.large')).toMatchObject({ previousGeneration: true });
  expect(of('m5.metal')).toMatchObject({ bareMetal: true });
  expect(of('g5.xlarge')).toMatchObject({ accelerated: true, allocatable: { 'nvidia.com/gpu': 1 } });
  expect(of('z3-highmem-88')).toBeUndefined();
});

test('a source that is none is refused', async () => {
  await expect(book(['aws:us-east-1'])).rejects.toThrow(
    /expected 'builtin', 'file:PATH', 'aws:REGION' or 'gcp:REGION'/,
  );
});

test('what a cloud says comes first, is all that may be launched, and says when it was said', async () => {
  const [large] = (await book(['file:prices.csv'])).offerings;
  const { source: _source, launchable: _launchable, ...offering } = { ...large!, region: 'eu-west-1', nanosPerHour: 7 };
  const report = {
    currency: 'USD',
    asOf: '2026-11-01T12:00:00.000Z',
    isStale: true,
    offerings: [offering],
    commitments: [],
    missing: ['m5.xlarge: its price is zero'],
  };
  const readers = { readText: async () => FILE, readCloud: async () => report };
  const found = await buildPriceBook({ sources: ['aws:eu-west-1'], assumeRegion: null }, readers);
  expect(found.offerings.filter(({ launchable }) => launchable)).toEqual([
    { ...offering, source: 0, launchable: true },
  ]);
  expect(found.sources[0]).toEqual({ name: 'aws:eu-west-1', asOf: report.asOf, assumed: false, stale: true });
  expect(found.missing).toEqual(report.missing);
  const other = {
    ...readers,
    readCloud: async (name: string) => ({ ...report, currency: name === 'a' ? 'USD' : 'CNY' }),
  };
  await expect(buildPriceBook({ sources: ['a', 'b'], assumeRegion: null }, other)).rejects.toThrow(/USD and CNY/);
});
