import type { PermissionFinding } from '@restow/pricing';
import { AwsClients } from './clients.ts';
import { isDenied } from './failures.ts';
import { GROUP_PERMISSIONS } from './groups/group-permissions.ts';
import { PRICE_PERMISSIONS } from './permissions.ts';

/** Asks for each permission that restow uses; changes nothing and costs nothing. */
export async function examineAws(region: string, signal: AbortSignal): Promise<readonly PermissionFinding[]> {
  const clients = new AwsClients(region);
  return Promise.all(
    [...PRICE_PERMISSIONS, ...GROUP_PERMISSIONS].map(async ({ action, without, probe }): Promise<PermissionFinding> => {
      try {
        await probe(clients, signal);
        return { action, answer: 'allowed', note: '' };
      } catch (error) {
        const { name, message } = error as Error;
        if (isDenied(error)) return { action, answer: 'denied', note: without };
        // It was looked at, and would have been done; or what was asked for is not there.
        const isAllowed = name === 'DryRunOperation' || /NotFound|Validation/.test(name);
        return isAllowed
          ? { action, answer: 'allowed', note: '' }
          : { action, answer: 'unknown', note: `${name}: ${message}` };
      }
    }),
  );
}
