import { FakeGcp, fakeGcpProject } from '@restow/testkit';
import type { CloudBed } from './cloud-bed.ts';

const ZONE = 'us-central1-a';

export async function fakeGcpBed(): Promise<CloudBed> {
  const gcp = await FakeGcp.start(fakeGcpProject());
  const { groups } = gcp;
  const groupOf = (pool: string) => groups.groupsOf(pool)[0]!;
  return {
    env: gcp.env,
    small: 'e2-standard-2',
    large: 'e2-standard-8',
    reset: async () => groups.clear(),
    addGroup: async (name, machineType, { desired, least, most }) => {
      gcp.addPool({ cluster: 'c', name, location: ZONE, zones: [ZONE], machineType, size: desired, least, most });
    },
    machines: async () => {
      groups.settle();
      return [...groups.instances.values()].map(({ name, zone, machineType, group }) => {
        const [pool = ''] = ['large', 'small'].filter((one) => groupOf(one)?.name === group);
        return {
          id: name,
          zone,
          instanceType: machineType,
          group: pool,
          providerId: `gce://restow-test/${zone}/${name}`,
          labels: { 'cloud.google.com/gke-nodepool': pool },
        };
      });
    },
    wanted: async (pool) => groupOf(pool).size,
    protect: async (machine) => {
      groups.instances.get(machine)!.isProtected = true;
    },
    exhaust: (pool) => {
      groupOf(pool).capacity = 0;
    },
    hold: (pool, holds) => {
      groupOf(pool).holds = holds;
    },
    stop: () => gcp.stop(),
  };
}
