import type { Sourced, SpotRisk } from '@restow/pricing';
import type { AwsClients } from './clients.ts';
import { asked } from './failures.ts';
import { readSpotPrices } from './spot.ts';

const WINDOW_MS = 7 * 24 * 3_600_000;
const WITHOUT = 'how likely spot machines are to be had is not known';
/** With fewer the score is always low. Source: AWS, "Spot placement score". */
const LEAST_TYPES = 3;

/** How spot prices have moved in a week, and how likely one machine of these types is to be had, by zone. */
export async function readRisks(
  clients: AwsClients,
  instanceTypes: readonly string[],
  now: number,
  signal: AbortSignal,
): Promise<Sourced<SpotRisk>> {
  const missing: string[] = [];
  const records = await asked('ec2:DescribeSpotPriceHistory', WITHOUT, [], missing, () =>
    readSpotPrices(clients, new Date(now - WINDOW_MS), instanceTypes, missing, signal),
  );
  const scores =
    instanceTypes.length < LEAST_TYPES
      ? new Map<string, number>()
      : await asked('ec2:GetSpotPlacementScores', WITHOUT, new Map<string, number>(), missing, () =>
          scoresOf(clients, instanceTypes, signal),
        );
  const groups = Map.groupBy(records, ({ instanceType, zone }) => `${instanceType}|${zone}`);
  const items = [...groups.values()].map((group): SpotRisk => {
    const { instanceType, zone } = group[0]!;
    const prices = group.map(({ nanosPerHour }) => nanosPerHour);
    const priceSpread = Math.max(...prices) / Math.min(...prices);
    return { instanceType, zone, placementScore: scores.get(zone) ?? null, priceSpread };
  });
  return { items, missing };
}

/** By zone, for one machine of any of the types. */
async function scoresOf(
  clients: AwsClients,
  instanceTypes: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const { DescribeAvailabilityZonesCommand, GetSpotPlacementScoresCommand } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const options = { abortSignal: signal };
  const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand({}), options);
  const names = new Map(AvailabilityZones.map(({ ZoneId, ZoneName }) => [ZoneId, ZoneName]));
  const command = new GetSpotPlacementScoresCommand({
    InstanceTypes: [...instanceTypes],
    TargetCapacity: 1,
    SingleAvailabilityZone: true,
    RegionNames: [clients.region],
  });
  const { SpotPlacementScores = [] } = await client.send(command, options);
  const scores = new Map<string, number>();
  for (const { AvailabilityZoneId, Score } of SpotPlacementScores) {
    const zone = names.get(AvailabilityZoneId);
    if (zone !== undefined && Score !== undefined) scores.set(zone, Score);
  }
  return scores;
}
