import type { NanosPerHour } from '@restow/model';
import type { Sourced, SpotRisk } from '@restow/pricing';
import { z } from 'zod';
import { CALL, type GcpClients } from './clients.ts';
import { asked } from './failures.ts';

const WITHOUT = 'how spot prices have moved is not known';

const historySchema = z.object({
  priceHistory: z
    .array(z.object({ listPrice: z.object({ units: z.coerce.string(), nanos: z.int().nullish() }) }))
    .nullish(),
});

/** How spot prices of these types have moved. What the cloud says of preemptions it says for a region, not for a zone. */
export async function readRisks(
  clients: GcpClients,
  instanceTypes: readonly string[],
  signal: AbortSignal,
): Promise<Sourced<SpotRisk>> {
  const missing: string[] = [];
  const items: SpotRisk[] = [];
  const client = await clients.advice();
  const project = await clients.project();
  for (const machineType of instanceTypes) {
    signal.throwIfAborted();
    const request = {
      project,
      region: clients.region,
      capacityHistoryRequestResource: {
        instanceProperties: { machineType, scheduling: { provisioningModel: 'SPOT' } },
        types: ['PRICE'],
      },
    };
    const answer = await asked('advice.capacityHistory', WITHOUT, null, missing, async () => {
      return historySchema.parse((await client.capacityHistory(request, CALL))[0]);
    });
    if (answer === null) break;
    const prices = (answer.priceHistory ?? []).map(({ listPrice }) => nanosOf(listPrice));
    const priceSpread = prices.length === 0 ? null : Math.max(...prices) / Math.min(...prices);
    items.push({ instanceType: machineType, zone: null, placementScore: null, priceSpread });
  }
  return { items, missing };
}

function nanosOf({ units, nanos }: { units: string; nanos?: number | null | undefined }): NanosPerHour {
  return Number(units) * 1e9 + (nanos ?? 0);
}
