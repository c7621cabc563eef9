import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMicros, nanosToMicros, parseRateNanos } from './money.ts';

test.each([
  ['0.0255', 25_500_000],
  ['0', 0],
  ['3.6733850001', 3_673_385_000],
  ['0.0000000005', 1],
  ['12.', 12_000_000_000],
])('%s is %i nanos', (text, nanos) => {
  expect(parseRateNanos(text)).toBe(nanos);
});

test.each(['-1', '', '1e3', '0,5', 'free', '1234567'])('%j is no price', (text) => {
  expect(() => parseRateNanos(text)).toThrow(/is not a price/);
});

test('decimals of up to nine places come through exactly', () => {
  fc.assert(
    fc.property(fc.nat(999_999), fc.nat(999_999_999), (whole, nanos) => {
      expect(parseRateNanos(`${whole}.${String(nanos).padStart(9, '0')}`)).toBe(whole * 1e9 + nanos);
    }),
  );
});

test('nanos are rounded to micros once, half up', () => {
  expect(nanosToMicros(1499)).toBe(1);
  expect(nanosToMicros(1500)).toBe(2);
});

test('money is shown with its currency', () => {
  expect(formatMicros(1_234_567_890, 'USD')).toBe('1,234.57 USD');
  expect(formatMicros(-5_000_000, 'EUR', 0)).toBe('-5 EUR');
});
