import type { NanosPerHour } from '@restow/model';
import { seriesOf } from './machine-types.ts';

/**
 * By how much a machine that runs all month is cheaper, by series, in percent. Source: Compute Engine, "Sustained use
 * discounts".
 */
const PERCENT: Readonly<Record<string, number>> = { c2: 20, f1: 30, g1: 30, n1: 30, n2: 20, n2d: 20 };

/**
 * The price of an on-demand machine that runs all month, as nodes do. Where one is given back in the middle of a month, it
 * has cost more than this: what is saved is not overstated.
 */
export function sustainedUsePrice(instanceType: string, list: NanosPerHour): NanosPerHour {
  const percent = PERCENT[seriesOf(instanceType)] ?? 0;
  return Math.round((list * (100 - percent)) / 100);
}
