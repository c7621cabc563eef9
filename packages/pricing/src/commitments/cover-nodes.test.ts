import type { Commitment } from '@restow/model';
import { buildNode, buildPriceBook } from '@restow/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PriceLookup } from '../price-lookup.ts';
import { coverNodes } from './cover-nodes.ts';

const ZONE = 'us-east-1a';
const book = buildPriceBook([
  { instanceType: 'm5.large', cores: 2, gib: 8, microsPerHour: 96_000 },
  { instanceType: 'm5.xlarge', cores: 4, gib: 16, microsPerHour: 192_000 },
  { instanceType: 'm5.xlarge', cores: 4, gib: 16, microsPerHour: 70_000, capacityType: 'spot' },
]);
const prices = new PriceLookup(book);
const node = (name: string, instanceType: string, more: Parameters<typeof buildNode>[1] = {}) =>
  buildNode(name, { instanceType, region: 'us-east-1', zone: ZONE, ...more });
const commitment = (more: Partial<Commitment> & Pick<Commitment, 'amount'>): Commitment => ({
  id: 'one',
  kind: 'reserved-instance',
  covers: { instanceTypes: [], families: ['m5'], region: 'us-east-1', zone: null, os: 'linux' },
  nanosPerHour: 60_000_000,
  shared: false,
  endsAt: null,
  source: 0,
  ...more,
});
const machines = (count: number, zone: string | null = ZONE) =>
  commitment({
    amount: { unit: 'machines', count },
    covers: { instanceTypes: ['m5.large'], families: [], region: 'us-east-1', zone, os: 'linux' },
  });

test('a reservation pays for as many machines as it has, the first ones, in its own zone', () => {
  const nodes = [node('a', 'm5.large', { zone: 'us-east-1b' }), node('b', 'm5.large'), node('c', 'm5.large')];
  const { nodes: covered, left } = coverNodes(nodes, [machines(1)], prices);
  expect([...covered]).toEqual([
    ['b', { by: ['one'], cashMicrosPerHour: 0, mostCashMicrosPerHour: 0, effectiveMicrosPerHour: 60_000 }],
  ]);
  expect(left.get('one')).toBe(0);
});

test('one of flexible size pays for parts of larger machines, and what it frees may save money elsewhere', () => {
  const flexible = commitment({
    amount: { unit: 'sizes', count: 24, ofType: { 'm5.large': 16, 'm5.xlarge': 32 } },
    shared: true,
  });
  const { nodes: covered } = coverNodes([node('a', 'm5.xlarge')], [flexible], prices);
  expect(covered.get('a')).toEqual({
    by: ['one'],
    cashMicrosPerHour: 48_000,
    mostCashMicrosPerHour: 192_000,
    effectiveMicrosPerHour: 48_000 + 60_000,
  });
});

test('committed spend comes last, takes what is open, and does not cover spot', () => {
  const spend = commitment({
    id: 'plan',
    kind: 'savings-plan',
    nanosPerHour: 50_000_000,
    amount: { unit: 'spend', nanosPerHour: 50_000_000, ofType: { 'm5.large': 60_000_000, 'm5.xlarge': 120_000_000 } },
  });
  const nodes = [node('a', 'm5.large'), node('s', 'm5.xlarge', { capacityType: 'spot' }), node('b', 'm5.large')];
  const { nodes: covered } = coverNodes(nodes, [spend, machines(1)], prices);
  expect(covered.get('a')).toMatchObject({ by: ['one'], cashMicrosPerHour: 0 });
  expect(covered.get('b')).toEqual({
    by: ['plan'],
    cashMicrosPerHour: 16_000,
    mostCashMicrosPerHour: 16_000,
    effectiveMicrosPerHour: 16_000 + 50_000,
  });
  expect(covered.has('s')).toBe(false);
});

test('a reservation whose own cost is not known leaves the effective cost unknown, not zero', () => {
  const { nodes: covered } = coverNodes([node('a', 'm5.large')], [{ ...machines(1), nanosPerHour: null }], prices);
  expect(covered.get('a')!.effectiveMicrosPerHour).toBeNull();
});

test('nothing is paid twice: what is covered is never more than what is committed, nor less than nothing is open', () => {
  const types = fc.constantFrom('m5.large', 'm5.xlarge');
  const amount: fc.Arbitrary<Commitment['amount']> = fc.oneof(
    fc.record({ unit: fc.constant('machines' as const), count: fc.nat(4) }),
    fc.record({
      unit: fc.constant('sizes' as const),
      count: fc.nat(100),
      ofType: fc.constant({ 'm5.large': 16, 'm5.xlarge': 32 }),
    }),
    fc.record({
      unit: fc.constant('spend' as const),
      nanosPerHour: fc.nat(500_000_000),
      ofType: fc.constant({ 'm5.large': 61_234_567, 'm5.xlarge': 120_000_001 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(types, { maxLength: 8 }), fc.array(amount, { maxLength: 4 }), (drawn, amounts) => {
      const nodes = drawn.map((type, index) => node(`n${index}`, type));
      const commitments = amounts.map((one, index) => commitment({ id: `c${index}`, amount: one }));
      const { nodes: covered, left } = coverNodes(nodes, commitments, prices);
      for (const [name, { cashMicrosPerHour, mostCashMicrosPerHour }] of covered) {
        const whole = prices.priceOf(nodes.find((one) => one.name === name)!)!.microsPerHour;
        expect(cashMicrosPerHour).toBeGreaterThanOrEqual(0);
        expect(cashMicrosPerHour).toBeLessThanOrEqual(mostCashMicrosPerHour);
        expect(mostCashMicrosPerHour).toBeLessThanOrEqual(whole);
      }
      for (const rest of left.values()) expect(rest).toBeGreaterThanOrEqual(0);
      // Fewer nodes never leave less of what is committed.
      const { left: more } = coverNodes(nodes.slice(1), commitments, prices);
      const sum = (of: ReadonlyMap<string, number>) => [...of.values()].reduce((one, other) => one + other, 0);
      if (new Set(amounts.map(({ unit }) => unit)).size === 1) expect(sum(more)).toBeGreaterThanOrEqual(sum(left));
    }),
    { numRuns: 300 },
  );
});
