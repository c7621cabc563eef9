import { DEFAULT_POLICY, InputError, type Policy, type PriceBook } from '@restow/model';
import { buildPriceBook, discounted, type PriceOptions } from '@restow/pricing';
import { readBytes } from '@restow/snapshotter';

const MS_PER_HOUR = 3_600_000;

/**
 * The price book of `--prices` and `--assume-region`, less the policy's discounts; price files are read as other input is,
 * plain or gzip.
 */
export async function readPrices(options: PriceOptions, policy: Policy = DEFAULT_POLICY): Promise<PriceBook> {
  const book = await buildPriceBook(options, {
    readText: async (path) => (await readBytes(path, process.stdin)).toString('utf8'),
    readCloud: async (source) => (await import('./cloud-prices.ts')).readCloud(source),
  });
  return discounted(book, policy.prices.discounts);
}

/** Throws InputError when a source does not answer and what it said last is too old to plan with. */
export function refuseStalePrices({ sources }: PriceBook, mostHours: number, now: Date): void {
  for (const { name, asOf, stale } of sources) {
    if (stale !== true || asOf === null) continue;
    const hours = (now.getTime() - Date.parse(asOf)) / MS_PER_HOUR;
    if (hours > mostHours) {
      throw new InputError(
        `${name} does not answer, and its last prices are ${Math.floor(hours)} hours old (policy prices.mostStaleHours: ${mostHours}); give a price file, or wait`,
      );
    }
  }
}
