import { firstProblem, InputError, type NanosPerHour, parseRateNanos } from '@restow/model';
import { z } from 'zod';
import type { AwsClients } from './clients.ts';

/** Linux, shared machines, nothing installed, used: what a node pays. Source: AWS, Price List Query API. */
const FILTERS: Readonly<Record<string, string>> = {
  serviceCode: 'AmazonEC2',
  operatingSystem: 'Linux',
  preInstalledSw: 'NA',
  capacitystatus: 'Used',
  marketoption: 'OnDemand',
};
/** Bare metal is sold under another name. */
const KINDS = [
  { tenancy: 'Shared', productFamily: 'Compute Instance' },
  { tenancy: 'Shared', productFamily: 'Compute Instance (bare metal)' },
] as const;
const PAGE = 100;

const dimensionSchema = z.object({
  unit: z.string(),
  beginRange: z.string().optional(),
  endRange: z.string().optional(),
  pricePerUnit: z.record(z.string(), z.string()),
});
const productSchema = z.object({
  product: z.object({
    attributes: z.object({
      instanceType: z.string().min(1),
      operatingSystem: z.string(),
      tenancy: z.string(),
      preInstalledSw: z.string(),
      capacitystatus: z.string(),
      regionCode: z.string(),
      marketoption: z.string().optional(),
    }),
  }),
  terms: z.object({
    OnDemand: z.record(z.string(), z.object({ priceDimensions: z.record(z.string(), dimensionSchema) })),
  }),
});

export interface OnDemandPrice {
  readonly instanceType: string;
  readonly nanosPerHour: NanosPerHour;
}

/** Reads one item of GetProducts, which is JSON in a string. A string says why it is no price. */
export function decodeProduct(text: string, region: string, currency: string): OnDemandPrice | string {
  let item: unknown;
  try {
    item = JSON.parse(text);
  } catch {
    return 'a product is no JSON';
  }
  const parsed = productSchema.safeParse(item);
  if (!parsed.success) return `a product: ${firstProblem(parsed.error)}`;
  const { product, terms } = parsed.data;
  const { instanceType, operatingSystem, tenancy, preInstalledSw, capacitystatus, regionCode, marketoption } =
    product.attributes;
  const is = [operatingSystem, preInstalledSw, capacitystatus, marketoption ?? 'OnDemand'];
  const wanted = [FILTERS.operatingSystem, FILTERS.preInstalledSw, FILTERS.capacitystatus, FILTERS.marketoption];
  if (is.some((one, index) => one !== wanted[index]) || tenancy !== 'Shared')
    return `${instanceType}: this price is for something else (${[...is, tenancy].join(', ')})`;
  if (regionCode !== region) return `${instanceType}: this price is of ${regionCode}`;
  const dimensions = Object.values(terms.OnDemand).flatMap(({ priceDimensions }) => Object.values(priceDimensions));
  const [dimension] = dimensions;
  if (dimension === undefined || dimensions.length > 1)
    return `${instanceType}: it has ${dimensions.length} prices at once`;
  if (dimension.unit !== 'Hrs') return `${instanceType}: its price is for ${dimension.unit}, not for hours`;
  if ((dimension.beginRange ?? '0') !== '0' || (dimension.endRange ?? 'Inf') !== 'Inf')
    return `${instanceType}: its price depends on how much is used`;
  const price = dimension.pricePerUnit[currency];
  const currencies = Object.keys(dimension.pricePerUnit);
  if (price === undefined || currencies.length > 1)
    return `${instanceType}: its price is in ${currencies.join(' and ')}, not in ${currency}`;
  try {
    const nanosPerHour = parseRateNanos(price);
    return nanosPerHour === 0 ? `${instanceType}: its price is zero` : { instanceType, nanosPerHour };
  } catch (error) {
    if (error instanceof InputError) return `${instanceType}: ${error.message}`;
    throw error;
  }
}

/** One price for each machine type; of one that has two that differ there is none, and it is said. */
export function onePriceEach(prices: readonly OnDemandPrice[], missing: string[]): ReadonlyMap<string, NanosPerHour> {
  const found = new Map<string, NanosPerHour>();
  const ambiguous = new Set<string>();
  for (const { instanceType, nanosPerHour } of prices) {
    const known = found.get(instanceType);
    if (known !== undefined && known !== nanosPerHour) ambiguous.add(instanceType);
    found.set(instanceType, nanosPerHour);
  }
  for (const instanceType of ambiguous) {
    found.delete(instanceType);
    missing.push(`${instanceType}: there are two prices that differ`);
  }
  return found;
}

/** On-demand prices of the region, by machine type. What is no price says why in `missing`. */
export async function readOnDemand(
  clients: AwsClients,
  currency: string,
  missing: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NanosPerHour>> {
  const { paginateGetProducts } = await import('@aws-sdk/client-pricing');
  const client = await clients.pricing();
  const prices: OnDemandPrice[] = [];
  for (const kind of KINDS) {
    const filters = Object.entries({ ...FILTERS, ...kind, regionCode: clients.region });
    const input = {
      ServiceCode: 'AmazonEC2',
      Filters: filters.map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value })),
    };
    for await (const page of paginateGetProducts({ client, pageSize: PAGE }, input, { abortSignal: signal })) {
      for (const item of page.PriceList ?? []) {
        const decoded = decodeProduct(String(item), clients.region, currency);
        if (typeof decoded === 'string') missing.push(decoded);
        else prices.push(decoded);
      }
    }
  }
  return onePriceEach(prices, missing);
}
