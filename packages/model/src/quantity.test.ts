import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from './errors.ts';
import { parseQuantity, quantityToMilli, quantityToUnits } from './quantity.ts';

test.each([
  ['0', 0n],
  ['500m', 500_000_000n],
  ['1.5', 1_500_000_000n],
  ['1Ki', 1024n * 10n ** 9n],
  ['1.5Gi', 1536n * 2n ** 20n * 10n ** 9n],
  ['2e3', 2000n * 10n ** 9n],
  ['1E', 10n ** 27n],
  ['3u', 3000n],
  ['+7', 7n * 10n ** 9n],
  ['.5', 500_000_000n],
  ['0.1n', 1n],
])('%s is exactly %s nano-units', (text, nanos) => {
  expect(parseQuantity(text).nanos).toBe(nanos);
});

test.each(['', '1x', 'Gi', '1 Gi', '1e', '1.2.3', '--1', '1KiB', 'NaN'])('%j is no quantity', (text) => {
  expect(() => parseQuantity(text)).toThrow(InputError);
});

test('milli and whole units are rounded up, as the scheduler does', () => {
  expect(quantityToMilli(parseQuantity('100.5m'))).toBe(101);
  expect(quantityToUnits(parseQuantity('1500m'))).toBe(2);
  expect(() => quantityToUnits(parseQuantity('9E'))).toThrow(/too large/);
});

test('whole numbers with binary suffixes equal plain multiplication', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom('Ki', 'Mi', 'Gi'), (n, suffix) => {
      const factor = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[suffix]!;
      expect(quantityToUnits(parseQuantity(`${n}${suffix}`))).toBe(n * factor);
    }),
  );
});
