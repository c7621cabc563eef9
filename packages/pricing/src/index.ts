export { buildPriceBook, type PriceOptions } from './build-price-book.ts';
export { parsePriceFile } from './price-file.ts';
export { type NodePrice, PriceLookup } from './price-lookup.ts';
