import type { PermissionFinding } from '@restow/pricing';
import { GcpClients } from './clients.ts';
import { isDenied, isNotFound } from './failures.ts';
import { GROUP_PERMISSIONS, NOTICE_PERMISSIONS, PRICE_PERMISSIONS } from './permissions.ts';

/** Asks for each permission that restow uses; changes nothing and costs nothing. */
export async function examineGcp(region: string, signal: AbortSignal): Promise<readonly PermissionFinding[]> {
  const clients = new GcpClients(region);
  const project = await clients.project();
  return Promise.all(
    [...PRICE_PERMISSIONS, ...GROUP_PERMISSIONS, ...NOTICE_PERMISSIONS].map(
      async ({ action, without, probe }): Promise<PermissionFinding> => {
        try {
          await probe(clients, project, signal);
          return { action, answer: 'allowed', note: '' };
        } catch (error) {
          if (isDenied(error)) return { action, answer: 'denied', note: without };
          // It was looked for, and is not there.
          if (isNotFound(error)) return { action, answer: 'allowed', note: '' };
          return { action, answer: 'unknown', note: (error as Error).message };
        }
      },
    ),
  );
}
