import { parseRateNanos } from '@restow/model';
import { gkeAllocatable, machineShape } from './gcp-shapes.ts';
import type { Catalogue, CatalogueOffering } from './types.ts';

const REGION = 'us-central1';

/** Compute Engine in us-central1: on-demand and spot list prices; types whose shape cannot be derived are left out. */
export async function gcpCatalogue(): Promise<Catalogue> {
  const { default: data } = await import('./gcp-us-central1.json', { with: { type: 'json' } });
  const offerings: CatalogueOffering[] = [];
  for (const row of data.rows) {
    const [instanceType, onDemand, spot] = row as [string, string, string | null];
    const shape = machineShape(instanceType);
    if (shape === null) continue;
    for (const [capacityType, price] of [
      ['on-demand', onDemand],
      ['spot', spot],
    ] as const) {
      if (price === null) continue;
      offerings.push({
        instanceType,
        region: REGION,
        zone: null,
        capacityType,
        arch: 'amd64',
        os: 'linux',
        allocatable: gkeAllocatable(shape),
        nanosPerHour: parseRateNanos(price),
        basis: 'list',
        burstable: shape.sharedCore,
        previousGeneration: false,
        bareMetal: false,
        accelerated: shape.gpus > 0,
      });
    }
  }
  return { name: `builtin:gcp:${REGION}`, region: REGION, asOf: data.asOf, offerings };
}
