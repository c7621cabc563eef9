import type { AwsClients } from './clients.ts';

export interface Permission {
  /** As IAM names it. */
  readonly action: string;
  /** What it costs not to have it. */
  readonly without: string;
  /** Asks for next to nothing; throws what the cloud says. */
  readonly probe: (clients: AwsClients, signal: AbortSignal) => Promise<unknown>;
}

const NO_TYPES = 'no machine type is known: there are no prices at all';
const BY_THE_HOUR = 'what it would show is taken to be paid by the hour, and savings are overstated';
const NO_RISK = 'how likely spot machines are to be had is not known';

/** What restow asks of AWS about prices; `prices.policy.json` in `deploy/aws` allows just this. */
export const PRICE_PERMISSIONS: readonly Permission[] = [
  {
    action: 'ec2:DescribeInstanceTypes',
    without: NO_TYPES,
    probe: async (clients, signal) => {
      const { DescribeInstanceTypesCommand } = await import('@aws-sdk/client-ec2');
      return (await clients.ec2()).send(new DescribeInstanceTypesCommand({ DryRun: true }), { abortSignal: signal });
    },
  },
  {
    action: 'ec2:DescribeInstanceTypeOfferings',
    without: 'it is not known in which zones what can be had: nothing is offered',
    probe: async (clients, signal) => {
      const { DescribeInstanceTypeOfferingsCommand } = await import('@aws-sdk/client-ec2');
      const command = new DescribeInstanceTypeOfferingsCommand({ DryRun: true });
      return (await clients.ec2()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'ec2:DescribeSpotPriceHistory',
    without: 'there are no spot prices: spot nodes are not priced and stay',
    probe: async (clients, signal) => {
      const { DescribeSpotPriceHistoryCommand } = await import('@aws-sdk/client-ec2');
      return (await clients.ec2()).send(new DescribeSpotPriceHistoryCommand({ DryRun: true }), { abortSignal: signal });
    },
  },
  {
    action: 'ec2:GetSpotPlacementScores',
    without: NO_RISK,
    probe: async (clients, signal) => {
      const { GetSpotPlacementScoresCommand } = await import('@aws-sdk/client-ec2');
      const command = new GetSpotPlacementScoresCommand({ DryRun: true, TargetCapacity: 1 });
      return (await clients.ec2()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'ec2:DescribeAvailabilityZones',
    without: NO_RISK,
    probe: async (clients, signal) => {
      const { DescribeAvailabilityZonesCommand } = await import('@aws-sdk/client-ec2');
      return (await clients.ec2()).send(new DescribeAvailabilityZonesCommand({ DryRun: true }), {
        abortSignal: signal,
      });
    },
  },
  {
    action: 'ec2:DescribeReservedInstances',
    without: BY_THE_HOUR,
    probe: async (clients, signal) => {
      const { DescribeReservedInstancesCommand } = await import('@aws-sdk/client-ec2');
      return (await clients.ec2()).send(new DescribeReservedInstancesCommand({ DryRun: true }), {
        abortSignal: signal,
      });
    },
  },
  {
    action: 'ec2:DescribeCapacityReservations',
    without: BY_THE_HOUR,
    probe: async (clients, signal) => {
      const { DescribeCapacityReservationsCommand } = await import('@aws-sdk/client-ec2');
      const command = new DescribeCapacityReservationsCommand({ DryRun: true });
      return (await clients.ec2()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'pricing:GetProducts',
    without: 'there are no on-demand prices',
    probe: async (clients, signal) => {
      const { GetProductsCommand } = await import('@aws-sdk/client-pricing');
      const command = new GetProductsCommand({ ServiceCode: 'AmazonEC2', MaxResults: 1, Filters: [] });
      return (await clients.pricing()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'savingsplans:DescribeSavingsPlans',
    without: BY_THE_HOUR,
    probe: async (clients, signal) => {
      const { DescribeSavingsPlansCommand } = await import('@aws-sdk/client-savingsplans');
      const command = new DescribeSavingsPlansCommand({ maxResults: 1 });
      return (await clients.savingsPlans()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'savingsplans:DescribeSavingsPlanRates',
    without: BY_THE_HOUR,
    probe: async (clients, signal) => {
      const { DescribeSavingsPlanRatesCommand } = await import('@aws-sdk/client-savingsplans');
      const command = new DescribeSavingsPlanRatesCommand({ savingsPlanId: '00000000-0000-0000-0000-000000000000' });
      return (await clients.savingsPlans()).send(command, { abortSignal: signal });
    },
  },
];
