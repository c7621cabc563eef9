import { InputError } from './errors.ts';

/**
 * Kubernetes quantities, exactly: a number of nano-units as a bigint.
 * Grammar and rounding after the API machinery's `resource.Quantity`: what is finer than a nano-unit is rounded away
 * from zero. Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export interface Quantity {
  readonly nanos: bigint;
}

const NANOS = 1_000_000_000n;
const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?$/;

const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** Reads a quantity such as `100m`, `1.5Gi`, `2e3`. Throws InputError for anything else. */
export function parseQuantity(text: string): Quantity {
  const match = PATTERN.exec(text);
  if (match === null) {
    throw new InputError(`'${text}' is not a Kubernetes quantity (expected a number such as 500m, 2 or 1.5Gi)`);
  }
  const [, sign, number, suffix = ''] = match;
  const [whole = '', fraction = ''] = (number as string).split('.');
  let numerator = BigInt(whole + fraction || '0');
  let exponent = -fraction.length + 9;
  const binary = BINARY[suffix];
  if (binary !== undefined) numerator *= binary;
  else if (suffix in DECIMAL_EXPONENT) exponent += DECIMAL_EXPONENT[suffix] as number;
  else if (suffix !== '') exponent += Number(suffix.slice(1));
  const nanos = exponent >= 0 ? numerator * 10n ** BigInt(exponent) : divideUp(numerator, 10n ** BigInt(-exponent));
  return { nanos: sign === '-' ? -nanos : nanos };
}

/** Thousandths, rounded up as the scheduler does for CPU. Throws InputError beyond 2^53. */
export function quantityToMilli(quantity: Quantity): number {
  return toSafeNumber(divideUp(quantity.nanos, NANOS / 1000n));
}

/** Whole units, rounded up as the scheduler does for all but CPU. Throws InputError beyond 2^53. */
export function quantityToUnits(quantity: Quantity): number {
  return toSafeNumber(divideUp(quantity.nanos, NANOS));
}

function divideUp(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator > 0n && numerator % denominator !== 0n ? quotient + 1n : quotient;
}

function toSafeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new InputError(`quantity ${value} is too large to be a node's or a pod's`);
  return number;
}
