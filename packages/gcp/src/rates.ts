import type { NanosPerHour } from '@restow/model';
import { CALL, type GcpClients } from './clients.ts';
import { type MachineType, seriesOf } from './machine-types.ts';
import { decodeSku, SERIES, type UnitRate } from './sku.ts';

/** Compute Engine in the catalogue. */
const SERVICE = 'services/6F81-5844-456A';
const MIB_PER_GIB = 1024;
/** Of a core, of which these have a share. Source: Compute Engine, "E2 shared-core machine types". */
const SHARES: Readonly<Record<string, number>> = { 'e2-micro': 0.25, 'e2-small': 0.5, 'e2-medium': 1 };
const WHOLE = new Set(['f1-micro', 'g1-small']);

/** By what is priced and how it is sold: `n2/core on-demand`. */
export type Rates = ReadonlyMap<string, NanosPerHour>;

export async function readRates(
  clients: GcpClients,
  currency: string,
  missing: string[],
  signal: AbortSignal,
): Promise<Rates> {
  const client = await clients.catalog();
  const found: UnitRate[] = [];
  for await (const sku of client.listSkusAsync({ parent: SERVICE, currencyCode: currency }, CALL)) {
    signal.throwIfAborted();
    const rate = decodeSku(sku, clients.region, currency);
    if (typeof rate === 'string') missing.push(rate);
    else if (rate !== null) found.push(rate);
  }
  return oneRateEach(found, missing);
}

/** Two that differ are none. */
export function oneRateEach(rates: readonly UnitRate[], missing: string[]): Rates {
  const found = new Map<string, NanosPerHour>();
  const doubted = new Set<string>();
  for (const { of, capacityType, nanosPerHour } of rates) {
    const key = `${of} ${capacityType}`;
    const known = found.get(key);
    if (known !== undefined && known !== nanosPerHour) doubted.add(key);
    found.set(key, nanosPerHour);
  }
  for (const key of doubted) {
    found.delete(key);
    missing.push(`${key}: there are two prices that differ`);
  }
  return found;
}

/** What a machine costs by the hour: its cores, memory and GPUs, rounded once. A string says why that is not known. */
export function priceOf(
  type: MachineType,
  capacityType: UnitRate['capacityType'],
  rates: Rates,
): NanosPerHour | string {
  const { instanceType, vcpus, memoryMib, accelerator, localDisks, isSharedCore } = type;
  const rateOf = (of: string) => rates.get(`${of} ${capacityType}`);
  if (WHOLE.has(instanceType)) return rateOf(`whole/${instanceType}`) ?? `there is no price of ${instanceType}`;
  const series = seriesOf(instanceType);
  if (SERIES[series] === undefined) return `how series ${series} is sold is not known here`;
  if (localDisks > 0) return `what its local disks cost is not known here`;
  if (instanceType.endsWith('-ext')) return 'what memory beyond the usual costs is not known here';
  const measure = instanceType.includes('custom-') ? `${series}-custom` : series;
  const share = isSharedCore ? SHARES[instanceType] : vcpus;
  if (share === undefined) return 'what its share of a core costs is not known here';
  const core = rateOf(`${measure}/core`);
  const ram = rateOf(`${measure}/ram`);
  const gpu = accelerator === null ? 0 : rateOf(`gpu/${accelerator.type}`);
  if (core === undefined || ram === undefined) return `there is no price of ${measure}'s cores or memory`;
  if (gpu === undefined) return `there is no price of ${accelerator!.type}`;
  return Math.round(core * share + (ram * memoryMib) / MIB_PER_GIB + gpu * (accelerator?.count ?? 0));
}
