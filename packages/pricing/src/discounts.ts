import type { NanosPerHour, Policy, PriceBook } from '@restow/model';

type Discount = Policy['prices']['discounts'][number];

const WHOLE = 1_000_000n;
const PER_PERCENT = 10_000;

/**
 * The book at what was agreed with the clouds: the list price stays beside it. Of several discounts that fit the greatest
 * one counts, not their sum. Prices that are no list prices stay what they are.
 */
export function discounted(book: PriceBook, discounts: readonly Discount[]): PriceBook {
  if (discounts.length === 0) return book;
  const offerings = book.offerings.map((offering): PriceBook['offerings'][number] => {
    const { basis, instanceType, capacityType, nanosPerHour } = offering;
    if (basis !== 'list') return offering;
    const name = book.sources[offering.source]!.name;
    const percents = discounts
      .filter(({ source, families, capacityTypes }) => {
        const family = familyOf(instanceType);
        const isIn = name.split(':').includes(source);
        return isIn && capacityTypes.includes(capacityType) && (families.length === 0 || families.includes(family));
      })
      .map(({ percent }) => percent);
    if (percents.length === 0) return offering;
    const contracted = less(nanosPerHour, Math.max(...percents));
    return { ...offering, nanosPerHour: contracted, listNanosPerHour: nanosPerHour, basis: 'contracted' };
  });
  return { ...book, offerings };
}

/** Rounded half up, once. */
function less(nanos: NanosPerHour, percent: number): NanosPerHour {
  const left = WHOLE - BigInt(Math.round(percent * PER_PERCENT));
  return Number((BigInt(nanos) * left * 2n + WHOLE) / (2n * WHOLE));
}

/** Such as `m5` of `m5.large`, or `n2` of `n2-standard-4`. */
export function familyOf(instanceType: string): string {
  return instanceType.split(/[.-]/, 1)[0]!;
}
