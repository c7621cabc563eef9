import { API_VERSION, type PriceBook } from '@restow/model';
import { parsePriceFile } from '@restow/pricing';
import { examplePrices } from './example-prices.ts';

/** The example cluster's prices as a price book. */
export function exampleBook(): PriceBook {
  return {
    apiVersion: API_VERSION,
    kind: 'PriceBook',
    currency: 'USD',
    sources: [{ name: 'file', asOf: null, assumed: false }],
    offerings: parsePriceFile(examplePrices(), 'example prices', 0),
    commitments: [],
    missing: [],
  };
}
