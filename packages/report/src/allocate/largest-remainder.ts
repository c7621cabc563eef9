import type { RationalSum } from './rational.ts';

/**
 * Whole numbers for exact parts, whose sum is the rounded sum of the parts: each part rounded down, and one more for those
 * that lost most by it (Hamilton's method). Of those that lost as much, the first ones.
 */
export function largestRemainder(parts: readonly RationalSum[], total: bigint): bigint[] {
  const exact = parts.map((part) => part.value);
  const whole = exact.map(({ numerator, denominator }) => floor(numerator, denominator));
  let left = total - whole.reduce((sum, one) => sum + one, 0n);
  const byLoss = exact
    .map(({ numerator, denominator }, index) => ({ index, rest: numerator - whole[index]! * denominator, denominator }))
    .sort((one, other) => {
      const difference = other.rest * one.denominator - one.rest * other.denominator;
      return difference === 0n ? one.index - other.index : difference < 0n ? -1 : 1;
    });
  for (const { index } of byLoss) {
    if (left <= 0n) break;
    whole[index]! += 1n;
    left -= 1n;
  }
  return whole;
}

/** Half up. */
export function rounded({ value: { numerator, denominator } }: RationalSum): bigint {
  return floor(2n * numerator + denominator, 2n * denominator);
}

function floor(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  return numerator < 0n && whole * denominator !== numerator ? whole - 1n : whole;
}
