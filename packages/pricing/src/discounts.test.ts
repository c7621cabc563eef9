import { policySchema } from '@restow/model';
import { buildPriceBook } from '@restow/testkit';
import { expect, test } from 'vitest';
import { discounted } from './discounts.ts';

const BOOK = {
  ...buildPriceBook([
    { instanceType: 'm5.large', cores: 2, gib: 8, microsPerHour: 96_001 },
    { instanceType: 'm5.large', cores: 2, gib: 8, microsPerHour: 35_000, capacityType: 'spot' as const },
    { instanceType: 'c5.large', cores: 2, gib: 4, microsPerHour: 85_000 },
  ]),
  sources: [{ name: 'aws:us-east-1', asOf: null, assumed: false }],
};
const paid = (...discounts: object[]) =>
  discounted(BOOK, policySchema.parse({ prices: { discounts } }).prices.discounts).offerings.map(
    ({ nanosPerHour, listNanosPerHour, basis }) => [nanosPerHour, listNanosPerHour, basis],
  );

test('what was agreed is paid, and the list price stays beside it', () => {
  expect(paid({ source: 'aws', percent: 12.5 })).toEqual([
    [84_000_875, 96_001_000, 'contracted'],
    [35_000_000, undefined, 'list'],
    [74_375_000, 85_000_000, 'contracted'],
  ]);
});

test('a discount is for its cloud, families and capacity types; the greatest of several counts', () => {
  const own = { source: 'aws', percent: 10, families: ['c5'], capacityTypes: ['on-demand', 'spot'] };
  expect(paid({ source: 'gcp', percent: 50 }, { source: 'aws', percent: 5 }, own).map(([nanos]) => nanos)).toEqual([
    91_200_950, 35_000_000, 76_500_000,
  ]);
});

test('none leaves the book as it is', () => {
  expect(discounted(BOOK, [])).toBe(BOOK);
  expect(() => policySchema.parse({ prices: { discounts: [{ source: 'aws', percent: 101 }] } })).toThrow();
});
