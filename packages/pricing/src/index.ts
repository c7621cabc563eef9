export { buildPriceBook, type PriceOptions, type PriceReaders } from './build-price-book.ts';
export { gkeAllocatable, type MachineShape } from './catalogue/gcp-shapes.ts';
export * from './commitments/cover-nodes.ts';
export { discounted, familyOf } from './discounts.ts';
export { parsePriceFile } from './price-file.ts';
export { type NodePrice, PriceLookup } from './price-lookup.ts';
export * from './sources.ts';
