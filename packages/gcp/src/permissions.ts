import { CALL, type GcpClients } from './clients.ts';

export interface Permission {
  /** As IAM names it. */
  readonly action: string;
  /** What it costs not to have it. */
  readonly without: string;
  /** Asks for next to nothing, or changes what there is not; throws what the cloud says. */
  readonly probe: (clients: GcpClients, project: string, signal: AbortSignal) => Promise<unknown>;
}

const BY_THE_HOUR = 'what it would show is taken to be paid by the hour, and savings are overstated';
const NO_NODES = 'nodes of managed instance groups can neither be ordered nor given back';
const NOTHING = 'restow-doctor-asks-for-nothing';

/** What restow asks of Google Cloud about prices; `prices.role.yaml` in `deploy/gcp` allows just this. */
export const PRICE_PERMISSIONS: readonly Permission[] = [
  {
    action: 'compute.commitments.list',
    without: BY_THE_HOUR,
    probe: async (clients, project) =>
      (await clients.commitments()).list({ project, region: clients.region, maxResults: 1 }, CALL),
  },
  {
    action: 'compute.machineTypes.list',
    without: 'no machine type is known: there are no prices at all',
    probe: async (clients, project) =>
      (await clients.machineTypes()).list({ project, zone: `${clients.region}-a`, maxResults: 1 }, CALL),
  },
  {
    action: 'compute.reservations.list',
    without: BY_THE_HOUR,
    probe: async (clients, project) =>
      (await clients.reservations()).list({ project, zone: `${clients.region}-a`, maxResults: 1 }, CALL),
  },
];

/** And about nodes: `nodes.role.yaml`. */
export const GROUP_PERMISSIONS: readonly Permission[] = [
  {
    action: 'compute.instanceGroupManagers.get',
    without: NO_NODES,
    probe: async (clients, project) =>
      (await clients.groups()).get({ project, zone: `${clients.region}-a`, instanceGroupManager: NOTHING }, CALL),
  },
  {
    action: 'compute.instanceGroupManagers.update',
    without: NO_NODES,
    probe: async (clients, project) =>
      (await clients.groups()).deleteInstances(
        { project, zone: `${clients.region}-a`, instanceGroupManager: NOTHING },
        CALL,
      ),
  },
  {
    action: 'compute.instances.get',
    without: 'no node can be given back',
    probe: async (clients, project) =>
      (await clients.instances()).get({ project, zone: `${clients.region}-a`, instance: NOTHING }, CALL),
  },
  {
    action: 'compute.regionOperations.get',
    without: 'orders in regional groups are not waited for',
    probe: async (clients, project) =>
      (await clients.regionOperations()).wait({ project, region: clients.region, operation: NOTHING }, CALL),
  },
  {
    action: 'compute.zoneOperations.get',
    without: 'orders in zonal groups are not waited for',
    probe: async (clients, project) =>
      (await clients.zoneOperations()).wait({ project, zone: `${clients.region}-a`, operation: NOTHING }, CALL),
  },
  {
    action: 'container.clusters.list',
    without: 'which groups a node pool has, and its minimum, is not known: no node is ordered or given back',
    probe: async (clients, project, signal) =>
      clients.get('https://container.googleapis.com', `/v1/projects/${project}/locations/-/clusters`, signal),
  },
];

/** And about machines that are preempted: `notices.role.yaml`. */
export const NOTICE_PERMISSIONS: readonly Permission[] = [
  {
    action: 'compute.globalOperations.list',
    without: 'of nodes without an agent it is not heard that they are preempted',
    probe: async (clients, project) => (await clients.operations()).list({ project, maxResults: 1 }, CALL),
  },
];
