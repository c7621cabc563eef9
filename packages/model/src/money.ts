import { InputError } from './errors.ts';

/** A rate in billionths of a currency unit per hour, an exact integer. Price lists are read into this. */
export type NanosPerHour = number;
/** A rate in millionths of a currency unit per hour, an exact integer. Node prices are this. */
export type MicrosPerHour = number;

/** Hours that a month counts in cost reports (365 × 24 / 12), as the whole field does. */
export const HOURS_PER_MONTH = 730;

const DECIMAL = /^(\d{1,6})(?:\.(\d*))?$/;

/**
 * Reads a non-negative decimal such as `0.0255` into nanos, exactly up to nine decimals; further ones are rounded half
 * up, once. Throws InputError for a sign, an exponent or anything else.
 */
export function parseRateNanos(text: string): NanosPerHour {
  const match = DECIMAL.exec(text.trim());
  if (match === null)
    throw new InputError(`'${text}' is not a price (expected a decimal such as 0.0255, not negative)`);
  const fraction = (match[2] ?? '').padEnd(10, '0');
  const nanos = Number(match[1]) * 1e9 + Number(fraction.slice(0, 9));
  return Number(fraction[9]) >= 5 ? nanos + 1 : nanos;
}

/** Rounds a rate to micros, half up: the one place where a node price is rounded. */
export function nanosToMicros(nanos: NanosPerHour): MicrosPerHour {
  return Math.floor(nanos / 1000 + 0.5);
}

/** `1234567` with two digits and `USD` is `1.23 USD`; the text is for people, never read back. */
export function formatMicros(micros: number, currency: string, digits = 2): string {
  const amount = (Math.abs(micros) / 1e6).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${micros < 0 ? '-' : ''}${amount} ${currency}`;
}
