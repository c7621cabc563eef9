import { InputError } from '@restow/model';
import { expect, test } from 'vitest';
import { parsePriceFile } from './price-file.ts';

const HEADER =
  'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';
const read = (...rows: string[]) => parsePriceFile([HEADER, ...rows, ''].join('\n'), 'prices.csv', 0);

test('a row is an offering; an empty zone means any', () => {
  const [offering] = read('m5.large,,spot,amd64,1930,6903,29,1,0.035');
  expect(offering).toMatchObject({
    instanceType: 'm5.large',
    zone: null,
    capacityType: 'spot',
    nanosPerHour: 35_000_000,
    allocatable: { cpu: 1930, memory: 6903 * 2 ** 20, pods: 29, 'nvidia.com/gpu': 1 },
    launchable: true,
  });
});

test.each([
  ['a negative price', ['m5.large,,spot,amd64,1930,6903,29,0,-0.1'], /prices.csv: line 2: usd_per_hour/],
  ['a missing price', ['m5.large,,spot,amd64,1930,6903,29,0,'], /line 2: usd_per_hour: is missing/],
  ['a doubled price', Array(2).fill('m5.large,,spot,amd64,1930,6903,29,0,1'), /line 3: .* twice \(first on line 2\)/],
  ['a short row', ['m5.large,,spot,amd64,1930'], /line 2: has 5 fields, expected 9/],
  ['a capacity type that is none', ['m5.large,,cheap,amd64,1930,6903,29,0,1'], /capacity_type: 'cheap' is not one of/],
  ['a fraction of a pod', ['m5.large,,spot,amd64,1930,6903,2.5,0,1'], /allocatable_pods: '2.5' is not a whole number/],
  ['nothing but a header', [], /holds no price/],
])('%s is refused with its place', (_what, rows, message) => {
  expect(() => read(...rows)).toThrow(InputError);
  expect(() => read(...rows)).toThrow(message);
});

test('a header that is not the documented one is refused', () => {
  expect(() => parsePriceFile('instance_type,price\nm5.large,1\n', 'p', 0)).toThrow(/the header must be/);
  expect(() => parsePriceFile('', 'p', 0)).toThrow(/is empty/);
});
