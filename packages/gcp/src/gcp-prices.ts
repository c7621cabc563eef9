import type { CloudPrices, Sourced, SourcedCommitment, SourcedOffering, SpotRisk } from '@restow/pricing';
import { GcpClients } from './clients.ts';
import { asked } from './failures.ts';
import { type MachineType, readMachineTypes } from './machine-types.ts';
import { priceOf, type Rates, readRates } from './rates.ts';
import { readCommitments } from './read-commitments.ts';
import { readRisks } from './risk.ts';
import { sustainedUsePrice } from './sustained-use.ts';

const CURRENCY = 'USD';
/** What no call tells. */
const FLEXIBLE = 'flexible committed use is not told by any API: where there is some, savings are overstated';
const MOST_EXAMPLES = 3;

/** Compute Engine in one region as a project sees it: types, zones, on-demand and spot prices, and what is paid for already. */
export function gcpPrices(region: string): CloudPrices {
  const clients = new GcpClients(region);
  let known: { readonly types: readonly MachineType[]; readonly rates: Rates } | null = null;
  const offerings = async (signal: AbortSignal): Promise<Sourced<SourcedOffering>> => {
    const missing: string[] = [];
    const types = await asked('compute.machineTypes.list', 'no machine type is known', null, missing, () =>
      readMachineTypes(clients, signal),
    );
    if (types === null) return { items: [], missing };
    missing.push(...types.missing);
    const rates = await asked('cloudbilling.services.list', 'there are no prices', new Map(), missing, () =>
      readRates(clients, CURRENCY, missing, signal),
    );
    known = { types: types.items.map(({ type }) => type), rates };
    const unpriced = new Map<string, string[]>();
    const items = types.items.flatMap(({ type, zones }) => {
      // Where it can be had everywhere, one line says so.
      const where = zones.size === types.zones ? [null] : [...zones].sort();
      return (['on-demand', 'spot'] as const).flatMap((capacityType) => {
        const price = priceOf(type, capacityType, rates);
        if (typeof price === 'string') {
          const list = unpriced.get(price) ?? [];
          unpriced.set(price, [...list, `${type.instanceType} (${capacityType})`]);
          return [];
        }
        const own = capacityType === 'spot' ? price : sustainedUsePrice(type.instanceType, price);
        const terms = own === price ? LIST : ({ basis: 'effective', listNanosPerHour: price } as const);
        return where.map((zone) => ({ ...commonOf(type, region), ...terms, zone, capacityType, nanosPerHour: own }));
      });
    });
    for (const [why, names] of unpriced) missing.push(`not priced: ${why}: ${examples(names)}`);
    return { items, missing };
  };
  const commitments = async (signal: AbortSignal): Promise<Sourced<SourcedCommitment>> => {
    if (known === null) await offerings(signal);
    const { types = [], rates = new Map() as Rates } = known ?? {};
    const { items, missing } = await readCommitments({ clients, types, rates }, signal);
    return { items, missing: [...missing, FLEXIBLE] };
  };
  const risks = (instanceTypes: readonly string[], signal: AbortSignal): Promise<Sourced<SpotRisk>> =>
    readRisks(clients, instanceTypes, signal);
  return { name: `gcp:${region}`, region, currency: CURRENCY, offerings, commitments, risks };
}

const LIST = { basis: 'list' } as const;

function commonOf(
  type: MachineType,
  region: string,
): Omit<SourcedOffering, 'zone' | 'capacityType' | 'nanosPerHour' | 'basis'> {
  const { instanceType, arch, allocatable, isSharedCore, accelerator } = type;
  return {
    instanceType,
    region,
    arch,
    os: 'linux',
    allocatable: { ...allocatable },
    burstable: isSharedCore,
    previousGeneration: false,
    bareMetal: instanceType.endsWith('-metal'),
    accelerated: accelerator !== null,
  };
}

function examples(names: readonly string[]): string {
  const more = names.length - MOST_EXAMPLES;
  return `${names.slice(0, MOST_EXAMPLES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
