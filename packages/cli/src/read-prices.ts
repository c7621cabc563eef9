import type { PriceBook } from '@restow/model';
import { buildPriceBook, type PriceOptions } from '@restow/pricing';
import { readBytes } from '@restow/snapshotter';

/** The price book of `--prices` and `--assume-region`; price files are read as other input is, plain or gzip. */
export function readPrices(options: PriceOptions): Promise<PriceBook> {
  return buildPriceBook(options, async (path) => (await readBytes(path, process.stdin)).toString('utf8'));
}
