import type { NanosPerHour } from '@restow/model';
import type { Sourced, SourcedCommitment } from '@restow/pricing';
import type { AwsClients } from './clients.ts';
import { decodePlan, decodeRates, decodeReservation, decodeReserved } from './commitments.ts';
import { asked } from './failures.ts';

const WITHOUT = 'what it would show is taken to be paid by the hour';

export interface CommitmentContext {
  readonly clients: AwsClients;
  readonly currency: string;
  /** Machine types of the region. */
  readonly instanceTypes: readonly string[];
  readonly onDemandPriceOf: (instanceType: string) => NanosPerHour | undefined;
}

/** Reserved instances, capacity reservations and Savings Plans that are in force. */
export async function readCommitments(
  { clients, currency, instanceTypes, onDemandPriceOf }: CommitmentContext,
  signal: AbortSignal,
): Promise<Sourced<SourcedCommitment>> {
  const { region } = clients;
  const missing: string[] = [];
  const items: SourcedCommitment[] = [];
  const take = (decoded: SourcedCommitment | string | null) => {
    if (typeof decoded === 'string') missing.push(decoded);
    else if (decoded !== null && !items.some(({ id }) => id === decoded.id)) items.push(decoded);
  };
  const reserved = await asked('ec2:DescribeReservedInstances', WITHOUT, [], missing, () =>
    reservedOf(clients, signal),
  );
  for (const item of reserved) take(decodeReserved(item, region, currency, instanceTypes));
  const reservations = await asked('ec2:DescribeCapacityReservations', WITHOUT, [], missing, () =>
    reservationsOf(clients, signal),
  );
  for (const item of reservations) take(decodeReservation(item, region, onDemandPriceOf));
  const plans = await asked('savingsplans:DescribeSavingsPlans', WITHOUT, [], missing, () => plansOf(clients, signal));
  for (const plan of plans) {
    const id = plan.savingsPlanId;
    const rates =
      id === undefined
        ? []
        : await asked('savingsplans:DescribeSavingsPlanRates', WITHOUT, [], missing, () =>
            ratesOf(clients, id, signal),
          );
    take(decodePlan(plan, region, currency, decodeRates(rates, region, currency, missing)));
  }
  return { items, missing };
}

async function reservedOf(clients: AwsClients, signal: AbortSignal): Promise<readonly unknown[]> {
  const { DescribeReservedInstancesCommand } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const answer = await client.send(new DescribeReservedInstancesCommand({}), { abortSignal: signal });
  return answer.ReservedInstances ?? [];
}

async function reservationsOf(clients: AwsClients, signal: AbortSignal): Promise<readonly unknown[]> {
  const { paginateDescribeCapacityReservations } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const found: unknown[] = [];
  for await (const page of paginateDescribeCapacityReservations({ client }, {}, { abortSignal: signal })) {
    found.push(...(page.CapacityReservations ?? []));
  }
  return found;
}

async function plansOf(clients: AwsClients, signal: AbortSignal) {
  const { DescribeSavingsPlansCommand } = await import('@aws-sdk/client-savingsplans');
  const client = await clients.savingsPlans();
  const found = [];
  let nextToken: string | undefined;
  do {
    const command = new DescribeSavingsPlansCommand({
      states: ['active'],
      ...(nextToken !== undefined && { nextToken }),
    });
    const page = await client.send(command, { abortSignal: signal });
    found.push(...(page.savingsPlans ?? []));
    nextToken = page.nextToken === '' ? undefined : page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

async function ratesOf(clients: AwsClients, savingsPlanId: string, signal: AbortSignal): Promise<readonly unknown[]> {
  const { DescribeSavingsPlanRatesCommand } = await import('@aws-sdk/client-savingsplans');
  const client = await clients.savingsPlans();
  const found: unknown[] = [];
  let nextToken: string | undefined;
  do {
    const command = new DescribeSavingsPlanRatesCommand({
      savingsPlanId,
      filters: [{ name: 'region', values: [clients.region] }],
      ...(nextToken !== undefined && { nextToken }),
    });
    const page = await client.send(command, { abortSignal: signal });
    found.push(...(page.searchResults ?? []));
    nextToken = page.nextToken === '' ? undefined : page.nextToken;
  } while (nextToken !== undefined);
  return found;
}
