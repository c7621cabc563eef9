import { cloudOutage } from '@restow/executor';
import { z } from 'zod';
import { CALL, type GcpClients } from '../clients.ts';
import { isNotFound } from '../failures.ts';

/** A managed instance group, zonal or regional. */
export interface GroupPlace {
  readonly kind: 'zones' | 'regions';
  readonly location: string;
  readonly name: string;
}

/** A node pool of a GKE cluster, with a group for each zone or one for all. */
export interface NodePool {
  readonly cluster: string;
  readonly name: string;
  readonly groups: readonly GroupPlace[];
  /** Of each group; null: nothing keeps to any. */
  readonly least: number | null;
  readonly most: number | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface ManagedInstance {
  readonly name: string;
  readonly url: string | null;
  readonly zone: string | null;
  /** As the service has it: `NONE`, `CREATING`, `DELETING` … */
  readonly action: string;
  readonly status: string | null;
  /** Why the last attempt to make it failed. */
  readonly errors: readonly Failure[];
}

export interface Instance {
  readonly machineType: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly status: string;
  readonly isProtected: boolean;
  /** null: it is of none. */
  readonly group: GroupPlace | null;
}

const URL_PATTERN = /(zones|regions)\/([a-z0-9-]+)\/instanceGroupManagers\/([a-z0-9-]+)$/;
const INSTANCE_PATTERN = /zones\/([a-z0-9-]+)\/instances\/([a-z0-9-]+)$/;

const clustersSchema = z.object({
  clusters: z
    .array(
      z.object({
        name: z.string(),
        nodePools: z
          .array(
            z.object({
              name: z.string(),
              instanceGroupUrls: z.array(z.string()).default([]),
              autoscaling: z
                .object({
                  enabled: z.boolean().default(false),
                  minNodeCount: z.int().default(0),
                  maxNodeCount: z.int().default(0),
                  totalMinNodeCount: z.int().default(0),
                  totalMaxNodeCount: z.int().default(0),
                })
                .optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});
const groupSchema = z.object({ targetSize: z.int().nonnegative(), baseInstanceName: z.string().min(1) });
const failuresSchema = z
  .object({ errors: z.array(z.object({ code: z.string(), message: z.string().nullish() })).nullish() })
  .nullish();
const operationSchema = z.object({
  name: z.string(),
  status: z.string(),
  error: failuresSchema,
});
const managedSchema = z.object({
  name: z.string().nullish(),
  instance: z.string().nullish(),
  instanceStatus: z.string().nullish(),
  currentAction: z.string(),
  lastAttempt: z.object({ errors: failuresSchema }).nullish(),
});
const instanceSchema = z.object({
  machineType: z.string(),
  creationTimestamp: z.iso.datetime({ offset: true }),
  status: z.string(),
  deletionProtection: z.boolean().nullish(),
  metadata: z
    .object({ items: z.array(z.object({ key: z.string(), value: z.string().nullish() })).nullish() })
    .nullish(),
});

/** What is asked of Compute Engine and GKE about groups; an answer that is not understood, or none, is an outage. */
export class GroupCalls {
  readonly #clients: GcpClients;

  constructor(clients: GcpClients) {
    this.#clients = clients;
  }

  /** Node pools of all clusters of the project. */
  async nodePools(signal: AbortSignal): Promise<readonly NodePool[]> {
    return asking('container.clusters.list', async () => {
      const path = `/v1/projects/${await this.#clients.project()}/locations/-/clusters`;
      const answer = await this.#clients.get('https://container.googleapis.com', path, signal);
      return clustersSchema.parse(answer).clusters.flatMap(({ name: cluster, nodePools }) =>
        nodePools.map(({ name, instanceGroupUrls, autoscaling }) => {
          const groups = instanceGroupUrls.flatMap((url) => placeIn(url) ?? []);
          const share = (each: number, total: number) => Math.max(each, Math.ceil(total / Math.max(1, groups.length)));
          const keeps = autoscaling?.enabled === true ? autoscaling : null;
          return {
            cluster,
            name,
            groups,
            least: keeps && share(keeps.minNodeCount, keeps.totalMinNodeCount),
            most: keeps && share(keeps.maxNodeCount, keeps.totalMaxNodeCount),
          };
        }),
      );
    });
  }

  /** null: there is no such group. */
  async group(place: GroupPlace) {
    return this.#found('compute.instanceGroupManagers.get', async () =>
      groupSchema.parse((await (await this.#of(place)).get())[0]),
    );
  }

  async managed(place: GroupPlace): Promise<readonly ManagedInstance[]> {
    return asking('compute.instanceGroupManagers.get', async () => (await this.#of(place)).list());
  }

  /** One machine of this name; why not. */
  async create(place: GroupPlace, name: string): Promise<readonly Failure[]> {
    return asking('compute.instanceGroupManagers.update', async () => (await this.#of(place)).create(name));
  }

  /** They go, and the group gets smaller with them. */
  async delete(place: GroupPlace, url: string): Promise<void> {
    await asking('compute.instanceGroupManagers.update', async () => (await this.#of(place)).delete(url));
  }

  /** null: it is gone. */
  async instance(zone: string, name: string): Promise<Instance | null> {
    return this.#found('compute.instances.get', async () => {
      const client = await this.#clients.instances();
      const [answer] = await client.get({ project: await this.#clients.project(), zone, instance: name }, CALL);
      const { machineType, creationTimestamp, status, deletionProtection, metadata } = instanceSchema.parse(answer);
      const creator = metadata?.items?.find(({ key }) => key === 'created-by')?.value;
      return {
        machineType: machineType.slice(machineType.lastIndexOf('/') + 1),
        createdAt: Date.parse(creationTimestamp),
        status,
        isProtected: deletionProtection === true,
        group: creator == null ? null : placeIn(creator),
      };
    });
  }

  async urlOf(zone: string, name: string): Promise<string> {
    return `projects/${await this.#clients.project()}/zones/${zone}/instances/${name}`;
  }

  #found<Result>(action: string, ask: () => Promise<Result>): Promise<Result | null> {
    return asking(action, () =>
      ask().catch((error) => {
        if (isNotFound(error)) return null;
        throw error;
      }),
    );
  }

  /** The same calls for both kinds of group, which have clients of their own. */
  async #of({ kind, location, name: instanceGroupManager }: GroupPlace): Promise<GroupClient> {
    const project = await this.#clients.project();
    if (kind === 'zones') {
      const client = await this.#clients.groups();
      const operations = await this.#clients.zoneOperations();
      const at = { project, zone: location, instanceGroupManager };
      const ended = ([{ latestResponse }]: Begun) =>
        untilDone(
          latestResponse,
          async (operation) => (await operations.wait({ project, zone: location, operation }, CALL))[0],
        );
      return {
        get: () => client.get(at, CALL),
        list: () => all(client.listManagedInstancesAsync(at, CALL)),
        create: async (name) => {
          const instanceGroupManagersCreateInstancesRequestResource = { instances: [{ name }] };
          return ended(
            await client.createInstances({ ...at, instanceGroupManagersCreateInstancesRequestResource }, CALL),
          );
        },
        delete: async (url) => {
          const instanceGroupManagersDeleteInstancesRequestResource = deletionOf(url);
          return ended(
            await client.deleteInstances({ ...at, instanceGroupManagersDeleteInstancesRequestResource }, CALL),
          );
        },
      };
    }
    const client = await this.#clients.regionGroups();
    const operations = await this.#clients.regionOperations();
    const at = { project, region: location, instanceGroupManager };
    const ended = ([{ latestResponse }]: Begun) =>
      untilDone(
        latestResponse,
        async (operation) => (await operations.wait({ project, region: location, operation }, CALL))[0],
      );
    return {
      get: () => client.get(at, CALL),
      list: () => all(client.listManagedInstancesAsync(at, CALL)),
      create: async (name) => {
        const regionInstanceGroupManagersCreateInstancesRequestResource = { instances: [{ name }] };
        return ended(
          await client.createInstances({ ...at, regionInstanceGroupManagersCreateInstancesRequestResource }, CALL),
        );
      },
      delete: async (url) => {
        const regionInstanceGroupManagersDeleteInstancesRequestResource = deletionOf(url);
        return ended(
          await client.deleteInstances({ ...at, regionInstanceGroupManagersDeleteInstancesRequestResource }, CALL),
        );
      },
    };
  }
}

interface GroupClient {
  get(): Promise<readonly [unknown, ...unknown[]]>;
  list(): Promise<readonly ManagedInstance[]>;
  create(name: string): Promise<readonly Failure[]>;
  delete(url: string): Promise<readonly Failure[]>;
}
type Begun = readonly [{ readonly latestResponse?: unknown }, ...unknown[]];

function deletionOf(url: string) {
  // What has gone meanwhile is no error.
  return { instances: [url], skipInstancesOnValidationError: true };
}

/** Waits for an operation; what went wrong in it. The service itself answers after two minutes at most. */
async function untilDone(begun: unknown, wait: (operation: string) => Promise<unknown>): Promise<readonly Failure[]> {
  let operation = operationSchema.parse(begun);
  while (operation.status !== 'DONE') operation = operationSchema.parse(await wait(operation.name));
  return failuresIn(operation.error);
}

async function all(pages: AsyncIterable<unknown>): Promise<ManagedInstance[]> {
  const found: ManagedInstance[] = [];
  for await (const item of pages) {
    const { name, instance, instanceStatus, currentAction, lastAttempt } = managedSchema.parse(item);
    const [, zone = null, own = ''] = INSTANCE_PATTERN.exec(instance ?? '') ?? [];
    found.push({
      name: name ?? own,
      url: instance ?? null,
      zone,
      action: currentAction,
      status: instanceStatus || null,
      errors: failuresIn(lastAttempt?.errors),
    });
  }
  return found;
}

function failuresIn(found: z.infer<typeof failuresSchema>): readonly Failure[] {
  return (found?.errors ?? []).map(({ code, message }) => ({ code, message: message ?? '' }));
}

function placeIn(url: string): GroupPlace | null {
  const [, kind, location, name] = URL_PATTERN.exec(url) ?? [];
  return name === undefined ? null : { kind: kind as GroupPlace['kind'], location: location!, name };
}

async function asking<Result>(action: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw cloudOutage('Google Cloud', action, error);
  }
}
