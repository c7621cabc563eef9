import { z } from 'zod';

const MOST = 999_999;

/** An amount of the price book's currency, as a decimal string or number; read by `parseRateNanos`. */
export const amountSchema = z.union([
  z
    .number()
    .min(0)
    .max(MOST)
    .transform((value) => value.toFixed(9)),
  z.string().regex(/^\d{1,6}(\.\d+)?$/, 'expected an amount such as 0.02'),
]);
