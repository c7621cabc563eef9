import { InputError } from '@restow/model';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `2m`, `1h30m` as milliseconds; a bare number is seconds. */
export function parseDurationMs(text: string, option: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  let total = 0;
  let rest = text;
  while (rest !== '') {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)/.exec(rest);
    if (match === null) throw new InputError(`${option} ${text}: expected a duration such as 60s, 2m or 1h30m`);
    total += Number(match[1]) * UNITS_MS[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  return total;
}

/** A whole number from `least` up. */
export function parseCount(text: string, option: string, least = 0): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new InputError(`${option} ${text}: expected a whole number${least > 0 ? ` of at least ${least}` : ''}`);
  }
  return Number(text);
}
