import type { CloudPrices, Sourced, SourcedCommitment, SourcedOffering, SpotRisk } from '@restow/pricing';
import { AwsClients } from './clients.ts';
import { asked } from './failures.ts';
import { type MachineType, readMachineTypes, readZones } from './machine-types.ts';
import { readOnDemand } from './on-demand.ts';
import { readCommitments } from './read-commitments.ts';
import { readRisks } from './risk.ts';
import { latestPrices, readSpotPrices } from './spot.ts';

export interface AwsPricesOptions {
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** EC2 in one region as an account sees it: types, zones, on-demand and spot prices, and what is paid for already. */
export function awsPrices({ region, now }: AwsPricesOptions): CloudPrices {
  const clients = new AwsClients(region);
  const currency = region.startsWith('cn-') ? 'CNY' : 'USD';
  let known: { readonly types: readonly MachineType[]; readonly onDemand: ReadonlyMap<string, number> } | null = null;
  const offerings = async (signal: AbortSignal): Promise<Sourced<SourcedOffering>> => {
    const missing: string[] = [];
    const types = await asked('ec2:DescribeInstanceTypes', 'no machine type is known', null, missing, () =>
      readMachineTypes(clients, signal),
    );
    if (types === null) return { items: [], missing };
    missing.push(...types.missing);
    const zones = await asked(
      'ec2:DescribeInstanceTypeOfferings',
      'it is not known in which zones what can be had, so nothing is offered',
      new Map<string, ReadonlySet<string>>(),
      missing,
      () => readZones(clients, signal),
    );
    const onDemand = await asked('pricing:GetProducts', 'there are no on-demand prices', new Map(), missing, () =>
      readOnDemand(clients, currency, missing, signal),
    );
    known = { types: types.items, onDemand };
    const records = await asked('ec2:DescribeSpotPriceHistory', 'there are no spot prices', [], missing, () =>
      readSpotPrices(clients, new Date(now()), [], missing, signal),
    );
    const spot = Map.groupBy(latestPrices(records, now(), missing).values(), (price) => price.instanceType);
    const all = new Set([...zones.values()].flatMap((some) => [...some]));
    const items = types.items.flatMap((type) => {
      const places = zones.get(type.instanceType) ?? new Set<string>();
      const common = offeringOf(type, region);
      const price = type.usageClasses.includes('on-demand') ? onDemand.get(type.instanceType) : undefined;
      // Where it can be had everywhere, one line says so.
      const where = places.size === all.size ? [null] : [...places].sort();
      const bought =
        price === undefined || places.size === 0
          ? []
          : where.map((zone) => ({ ...common, zone, capacityType: 'on-demand' as const, nanosPerHour: price }));
      const bid = (spot.get(type.instanceType) ?? [])
        .filter(({ zone }) => places.has(zone))
        .map(({ zone, nanosPerHour }) => ({ ...common, zone, capacityType: 'spot' as const, nanosPerHour }));
      return [...bought, ...bid];
    });
    return { items, missing };
  };
  const commitments = async (signal: AbortSignal): Promise<Sourced<SourcedCommitment>> => {
    if (known === null) await offerings(signal);
    const { types = [], onDemand = new Map<string, number>() } = known ?? {};
    const instanceTypes = types.map(({ instanceType }) => instanceType);
    return readCommitments({ clients, currency, instanceTypes, onDemandPriceOf: (type) => onDemand.get(type) }, signal);
  };
  const risks = (instanceTypes: readonly string[], signal: AbortSignal): Promise<Sourced<SpotRisk>> =>
    readRisks(clients, instanceTypes, now(), signal);
  return { name: `aws:${region}`, region, currency, offerings, commitments, risks };
}

function offeringOf(
  type: MachineType,
  region: string,
): Omit<SourcedOffering, 'zone' | 'capacityType' | 'nanosPerHour'> {
  const { instanceType, arch, allocatable, burstable, previousGeneration, bareMetal, accelerated } = type;
  return {
    instanceType,
    region,
    arch,
    os: 'linux',
    allocatable: { ...allocatable },
    basis: 'list',
    burstable,
    previousGeneration,
    bareMetal,
    accelerated,
  };
}
