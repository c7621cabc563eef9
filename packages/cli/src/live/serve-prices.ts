import type { ServeConfig } from '@restow/controller';
import type { PriceBook } from '@restow/model';
import { areLive, keepBook } from '../kept-books.ts';
import { readPrices } from '../read-prices.ts';
import { policyOf } from './scheduled-runs.ts';

const FRESH_MS = 3_600_000;

/**
 * The prices of a configuration for whoever cannot wait for a cloud to say them: read when they are asked for first, and
 * again every hour, behind whoever asks then. The discounts are those of the evacuations' policy.
 */
export function servePrices(file: string, config: () => ServeConfig, onProblem: (error: unknown) => void) {
  let known: { readonly book: PriceBook; readonly at: number } | null = null;
  let reading: Promise<PriceBook> | null = null;
  const read = async (): Promise<PriceBook> => {
    const { prices, assumeRegion, evacuations } = config();
    const book = await readPrices({ sources: prices, assumeRegion }, await policyOf(file, evacuations.policy));
    if (areLive(prices)) await keepBook(book);
    known = { book, at: Date.now() };
    return book;
  };
  return async (): Promise<PriceBook> => {
    const isFresh = known !== null && Date.now() - known.at < FRESH_MS;
    if (!isFresh) {
      reading ??= read().finally(() => {
        reading = null;
      });
      if (known === null) return reading;
      reading.catch(onProblem);
    }
    return known!.book;
  };
}
