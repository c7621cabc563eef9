import type { MachineGroups } from '@restow/executor';
import { InputError } from '@restow/model';
import type { CloudPrices, PermissionFinding } from '@restow/pricing';

/** What one cloud's adapter does; it is loaded when it is asked for something. */
export interface Cloud {
  prices(region: string): Promise<CloudPrices>;
  examine(region: string, signal: AbortSignal): Promise<readonly PermissionFinding[]>;
  groups(region: string): Promise<MachineGroups>;
  /** The machine that a node's `spec.providerID` names; null: it is not of this cloud. */
  machineAt(providerId: string): { readonly region: string; readonly machine: string } | null;
  /** What in the environment says which account it is; never a secret. */
  readonly account: readonly string[];
}

/** With zones of cities (`us-west-2-lax-1a`) and of carriers beside those of the region itself. */
const AWS_MACHINE = /^aws:\/\/\/([a-z]{2}(?:-[a-z]+)+-\d+)[a-z0-9-]*\/(i-[a-z0-9]+)$/;
const REGION = /^[a-z0-9-]+$/;

export const CLOUDS: Readonly<Record<string, Cloud>> = {
  aws: {
    prices: async (region) => (await import('@restow/aws')).awsPrices({ region, now: Date.now }),
    examine: async (region, signal) => (await import('@restow/aws')).examineAws(region, signal),
    groups: async (region) => new (await import('@restow/aws')).AutoScalingGroups({ region, now: Date.now }),
    machineAt: (providerId) => {
      const [, region, machine] = AWS_MACHINE.exec(providerId) ?? [];
      return region === undefined ? null : { region, machine: machine! };
    },
    account: ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_ROLE_ARN'],
  },
  gcp: {
    prices: async (region) => (await import('@restow/gcp')).gcpPrices(region),
    examine: async (region, signal) => (await import('@restow/gcp')).examineGcp(region, signal),
    groups: async (region) => {
      const { GcpClients, ManagedInstanceGroups } = await import('@restow/gcp');
      return new ManagedInstanceGroups({ clients: new GcpClients(region), now: Date.now });
    },
    machineAt: (providerId) => {
      const [, machine, region] = /^gce:\/\/[^/]+\/(([a-z0-9-]+)-[a-z]\/[a-z0-9-]+)$/.exec(providerId) ?? [];
      return region === undefined ? null : { region, machine: machine! };
    },
    account: ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'CLOUDSDK_CONFIG'],
  },
};

/** `aws:us-east-1` as a cloud and its region. null: it is not said so, or there is no such cloud. */
export function cloudAt(source: string): { readonly cloud: Cloud; readonly region: string } | null {
  const [name = '', region = ''] = source.split(':');
  const cloud = CLOUDS[name];
  return cloud === undefined || !REGION.test(region) ? null : { cloud, region };
}

/** Throws InputError where there is no such cloud. */
export function cloudNamed(flag: string, source: string): { readonly cloud: Cloud; readonly region: string } {
  const found = cloudAt(source);
  if (found === null)
    throw new InputError(`${flag} ${source}: expected aws:REGION or gcp:REGION, such as aws:us-east-1`);
  return found;
}
