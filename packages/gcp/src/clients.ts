import type { CloudCatalogClient } from '@google-cloud/billing/build/src/v1/cloud_catalog_client.js';
import type { AdviceClient } from '@google-cloud/compute/build/src/v1/advice_client.js';
import type { GlobalOperationsClient } from '@google-cloud/compute/build/src/v1/global_operations_client.js';
import type { InstanceGroupManagersClient } from '@google-cloud/compute/build/src/v1/instance_group_managers_client.js';
import type { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js';
import type { MachineTypesClient } from '@google-cloud/compute/build/src/v1/machine_types_client.js';
import type { RegionCommitmentsClient } from '@google-cloud/compute/build/src/v1/region_commitments_client.js';
import type { RegionInstanceGroupManagersClient } from '@google-cloud/compute/build/src/v1/region_instance_group_managers_client.js';
import type { RegionOperationsClient } from '@google-cloud/compute/build/src/v1/region_operations_client.js';
import type { ReservationsClient } from '@google-cloud/compute/build/src/v1/reservations_client.js';
import type { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js';
import { cloudOutage, once } from '@restow/executor';

/** Another place than Google's own, such as a proxy or a private endpoint: `http://127.0.0.1:1234`. */
const ENDPOINT = 'RESTOW_GCP_ENDPOINT';

/** Of each call: page after page is taken, and what is throttled or fails for a while is asked again, with jitter. */
export const CALL = {
  autoPaginate: false,
  retry: {
    /** Source: google.rpc.Code: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
    retryCodes: [4, 8, 14],
    backoffSettings: {
      initialRetryDelayMillis: 200,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: 10_000,
      initialRpcTimeoutMillis: 30_000,
      rpcTimeoutMultiplier: 1,
      maxRpcTimeoutMillis: 30_000,
      totalTimeoutMillis: 120_000,
    },
  },
};

/**
 * The SDK's clients, each loaded when it is first wanted and without the rest of its package, which takes a second to
 * load. Credentials and the project are found as the SDK finds them by default (workload identity, a key's file, gcloud).
 */
export class GcpClients {
  readonly region: string;
  readonly #options: Record<string, string | number | boolean>;

  constructor(region: string) {
    this.region = region;
    const endpoint = process.env[ENDPOINT];
    const { hostname, port, protocol } = new URL(endpoint ?? 'https://unused');
    const custom = { apiEndpoint: hostname, port: Number(port), protocol: protocol.slice(0, -1) };
    // What is called over plain HTTP answers JSON, as everybody's own machine can.
    this.#options = { ...(endpoint !== undefined && custom), fallback: true };
  }

  /** Throws OutageError where nobody says which it is. */
  readonly project = once(async (): Promise<string> => {
    const client = await this.machineTypes();
    return client.getProjectId().catch((error) => {
      throw cloudOutage('Google Cloud', 'which project it is', error);
    });
  });

  readonly machineTypes = once(async (): Promise<MachineTypesClient> => {
    const { MachineTypesClient } = await import('@google-cloud/compute/build/src/v1/machine_types_client.js');
    return new MachineTypesClient(this.#options);
  });

  readonly catalog = once(async (): Promise<CloudCatalogClient> => {
    const { CloudCatalogClient } = await import('@google-cloud/billing/build/src/v1/cloud_catalog_client.js');
    return new CloudCatalogClient(this.#options);
  });

  readonly commitments = once(async (): Promise<RegionCommitmentsClient> => {
    const { RegionCommitmentsClient } = await import('@google-cloud/compute/build/src/v1/region_commitments_client.js');
    return new RegionCommitmentsClient(this.#options);
  });

  readonly reservations = once(async (): Promise<ReservationsClient> => {
    const { ReservationsClient } = await import('@google-cloud/compute/build/src/v1/reservations_client.js');
    return new ReservationsClient(this.#options);
  });

  readonly advice = once(async (): Promise<AdviceClient> => {
    const { AdviceClient } = await import('@google-cloud/compute/build/src/v1/advice_client.js');
    return new AdviceClient(this.#options);
  });

  readonly groups = once(async (): Promise<InstanceGroupManagersClient> => {
    const { InstanceGroupManagersClient } = await import(
      '@google-cloud/compute/build/src/v1/instance_group_managers_client.js'
    );
    return new InstanceGroupManagersClient(this.#options);
  });

  readonly regionGroups = once(async (): Promise<RegionInstanceGroupManagersClient> => {
    const { RegionInstanceGroupManagersClient } = await import(
      '@google-cloud/compute/build/src/v1/region_instance_group_managers_client.js'
    );
    return new RegionInstanceGroupManagersClient(this.#options);
  });

  readonly instances = once(async (): Promise<InstancesClient> => {
    const { InstancesClient } = await import('@google-cloud/compute/build/src/v1/instances_client.js');
    return new InstancesClient(this.#options);
  });

  readonly zoneOperations = once(async (): Promise<ZoneOperationsClient> => {
    const { ZoneOperationsClient } = await import('@google-cloud/compute/build/src/v1/zone_operations_client.js');
    return new ZoneOperationsClient(this.#options);
  });

  readonly regionOperations = once(async (): Promise<RegionOperationsClient> => {
    const { RegionOperationsClient } = await import('@google-cloud/compute/build/src/v1/region_operations_client.js');
    return new RegionOperationsClient(this.#options);
  });

  /** Of all zones and regions. */
  readonly operations = once(async (): Promise<GlobalOperationsClient> => {
    const { GlobalOperationsClient } = await import('@google-cloud/compute/build/src/v1/global_operations_client.js');
    return new GlobalOperationsClient(this.#options);
  });

  /** Of an API that has no client here: `https://container.googleapis.com`; elsewhere when everything is. */
  async get(origin: string, path: string, signal: AbortSignal): Promise<unknown> {
    const { auth } = await this.machineTypes();
    const url = new URL(path, process.env[ENDPOINT] ?? origin);
    return (await auth.request({ url: url.href, signal })).data;
  }
}
