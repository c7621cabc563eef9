import { firstProblem, InputError, type NanosPerHour, parseRateNanos } from '@restow/model';
import { z } from 'zod';
import type { AwsClients } from './clients.ts';

const PRODUCTS = ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)'];
const PAGE = 1000;
/** A price is told anew when it changes; one that has not for so long is doubted. */
const MOST_AGE_MS = 7 * 24 * 3_600_000;

const recordSchema = z.object({
  InstanceType: z.string().min(1),
  AvailabilityZone: z.string().min(1),
  SpotPrice: z.string(),
  Timestamp: z.date(),
  ProductDescription: z.string(),
});

export interface SpotPrice {
  readonly instanceType: string;
  readonly zone: string;
  readonly nanosPerHour: NanosPerHour;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Reads one record of DescribeSpotPriceHistory. A string says why it is no price. */
export function decodeSpotPrice(item: unknown): SpotPrice | string {
  const parsed = recordSchema.safeParse(item);
  if (!parsed.success) return `a spot price: ${firstProblem(parsed.error)}`;
  const { InstanceType, AvailabilityZone, SpotPrice: price, Timestamp, ProductDescription } = parsed.data;
  const name = `${InstanceType} in ${AvailabilityZone}`;
  if (!PRODUCTS.includes(ProductDescription)) return `${name}: this spot price is for ${ProductDescription}`;
  try {
    const nanosPerHour = parseRateNanos(price);
    if (nanosPerHour === 0) return `${name}: its spot price is zero`;
    return { instanceType: InstanceType, zone: AvailabilityZone, nanosPerHour, at: Timestamp.getTime() };
  } catch (error) {
    if (error instanceof InputError) return `${name}: ${error.message}`;
    throw error;
  }
}

/** The latest price of each machine type in each zone, by both. What is too old to count says so in `missing`. */
export function latestPrices(
  records: readonly SpotPrice[],
  now: number,
  missing: string[],
): ReadonlyMap<string, SpotPrice> {
  const latest = new Map<string, SpotPrice>();
  for (const record of records) {
    const key = `${record.instanceType}|${record.zone}`;
    const known = latest.get(key);
    // Of two of one moment the dearer one counts: no saving rests on the other.
    const isLater = known === undefined || record.at > known.at;
    if (isLater || (record.at === known.at && record.nanosPerHour > known.nanosPerHour)) latest.set(key, record);
  }
  for (const [key, { instanceType, zone, at }] of latest) {
    if (now - at <= MOST_AGE_MS) continue;
    latest.delete(key);
    missing.push(`${instanceType} in ${zone}: its spot price is of ${new Date(at).toISOString()}`);
  }
  return latest;
}

/** Spot prices since then; `since` now: the ones that are in force. */
export async function readSpotPrices(
  clients: AwsClients,
  since: Date,
  instanceTypes: readonly string[],
  missing: string[],
  signal: AbortSignal,
): Promise<readonly SpotPrice[]> {
  const { paginateDescribeSpotPriceHistory } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const records: SpotPrice[] = [];
  const input = {
    ProductDescriptions: PRODUCTS,
    StartTime: since,
    ...(instanceTypes.length > 0 && { InstanceTypes: instanceTypes as never[] }),
  };
  for await (const page of paginateDescribeSpotPriceHistory({ client, pageSize: PAGE }, input, {
    abortSignal: signal,
  })) {
    for (const item of page.SpotPriceHistory ?? []) {
      const decoded = decodeSpotPrice(item);
      if (typeof decoded === 'string') missing.push(decoded);
      else records.push(decoded);
    }
  }
  return records;
}
