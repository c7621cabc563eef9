import { buildPriceBook } from '@restow/pricing';
import { fakeSkus } from '@restow/testkit';
import { expect, test } from 'vitest';
import { decodeMachineType } from './machine-types.ts';
import { oneRateEach, priceOf } from './rates.ts';
import { decodeSku } from './sku.ts';

const REGION = 'us-central1';
const CLOSE = 0.005;

/**
 * The fixture is hand-written from Google's price lists of cores and memory; the built-in catalogue is of another origin
 * (`packages/pricing/src/catalogue`): what they say of the same types is compared.
 */
test('prices put together from SKUs are those of the built-in catalogue, but for types that are named', async () => {
  const readers = { readText: async () => '', readCloud: async () => null };
  const book = await buildPriceBook({ sources: ['builtin'], assumeRegion: null }, readers);
  const rates = oneRateEach(
    fakeSkus().flatMap((sku) => {
      const rate = decodeSku(sku, REGION, 'USD');
      return rate === null || typeof rate === 'string' ? [] : [rate];
    }),
    [],
  );
  const known = book.offerings.filter(({ region, capacityType }) => region === REGION && capacityType === 'on-demand');
  let compared = 0;
  const differ: string[] = [];
  for (const { instanceType, nanosPerHour } of known) {
    const shape = shapeOf(instanceType);
    if (shape === null) continue;
    const price = priceOf(shape, 'on-demand', rates);
    if (typeof price === 'string') continue;
    compared++;
    if (Math.abs(price / nanosPerHour - 1) > CLOSE) differ.push(instanceType);
  }
  expect(compared).toBeGreaterThan(80);
  expect(differ.sort()).toEqual(DIFFERENT);
});

/** The built-in catalogue has them at the price of a whole core; Google's list at a quarter and a half of one. */
const DIFFERENT = ['e2-micro', 'e2-small'];

const GIB_PER_VCPU: Readonly<Record<string, number>> = { standard: 4, highcpu: 1, highmem: 8 };
/** Those whose memory does not follow from their cores, in GiB. */
const ODD: Readonly<Record<string, number>> = { 'e2-micro': 1, 'e2-small': 2, 'e2-medium': 4, 'n2-highmem-128': 864 };

/** As the API would list it. */
function shapeOf(instanceType: string) {
  const [series = '', kind = '', vcpus = ''] = instanceType.split('-');
  const isShared = vcpus === '';
  const ratios: Readonly<Record<string, number>> =
    series === 'n1' ? { standard: 3.75, highcpu: 0.9, highmem: 6.5 } : { ...GIB_PER_VCPU, ...HIGH_CPU[series] };
  const gib = ODD[instanceType] ?? (ratios[kind] ?? 0) * Number(vcpus);
  if (!['e2', 'n1', 'n2', 'n2d', 'c2d', 'c3'].includes(series) || !(gib > 0)) return null;
  const decoded = decodeMachineType({
    name: instanceType,
    guestCpus: isShared ? 2 : Number(vcpus),
    memoryMb: Math.round(gib * 1024),
    isSharedCpu: isShared,
    architecture: 'X86_64',
  });
  return typeof decoded === 'string' ? null : decoded;
}

/** Series whose small-memory types have more than others'. */
const HIGH_CPU: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  c2d: { highcpu: 2 },
  c3: { highcpu: 2 },
};
