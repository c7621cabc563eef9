import type { Sourced, SourcedCommitment } from '@restow/pricing';
import { CALL, type GcpClients } from './clients.ts';
import { decodeCommitment, decodeReservation, type PricedTypes } from './commitments.ts';
import { asked } from './failures.ts';

const WITHOUT = 'what it would show is taken to be paid by the hour';

/** Committed use of the region and reservations of its zones that are in force. */
export async function readCommitments(
  { clients, ...priced }: PricedTypes & { readonly clients: GcpClients },
  signal: AbortSignal,
): Promise<Sourced<SourcedCommitment>> {
  const { region } = clients;
  const missing: string[] = [];
  const items: SourcedCommitment[] = [];
  const take = (decoded: SourcedCommitment | string | null) => {
    if (typeof decoded === 'string') missing.push(decoded);
    else if (decoded !== null && !items.some(({ id }) => id === decoded.id)) items.push(decoded);
  };
  const committed = await asked('compute.commitments.list', WITHOUT, [], missing, () => committedOf(clients, signal));
  for (const item of committed) take(decodeCommitment(item, region, priced));
  const reserved = await asked('compute.reservations.list', WITHOUT, [], missing, () => reservedOf(clients, signal));
  for (const item of reserved) take(decodeReservation(item, region, priced));
  return { items, missing };
}

async function committedOf(clients: GcpClients, signal: AbortSignal): Promise<readonly unknown[]> {
  const client = await clients.commitments();
  const request = { project: await clients.project(), region: clients.region };
  const found: unknown[] = [];
  for await (const item of client.listAsync(request, CALL)) {
    signal.throwIfAborted();
    found.push(item);
  }
  return found;
}

async function reservedOf(clients: GcpClients, signal: AbortSignal): Promise<readonly unknown[]> {
  const client = await clients.reservations();
  const request = { project: await clients.project() };
  const found: unknown[] = [];
  for await (const [scope, { reservations }] of client.aggregatedListAsync(request, CALL)) {
    signal.throwIfAborted();
    if (scope.startsWith(`zones/${clients.region}-`)) found.push(...(reservations ?? []));
  }
  return found;
}
