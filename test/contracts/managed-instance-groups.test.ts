import { GcpClients, ManagedInstanceGroups } from '@restow/gcp';
import { FakeGcp, fakeGcpProject, type MachineGroupsHarness, machineGroupsContract } from '@restow/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

const REGION = 'us-central1';
const ZONE = 'us-central1-a';
const signal = AbortSignal.timeout(2 ** 31 - 1);
const kind = { instanceType: 'e2-standard-2', zone: ZONE, capacityType: 'on-demand' };

describe('our own fake of Google Cloud', () => {
  let gcp: FakeGcp;
  let clients: GcpClients;
  const groupsNow = () => new ManagedInstanceGroups({ clients, now: Date.now, pollMs: 20 });
  beforeAll(async () => {
    gcp = await FakeGcp.start(fakeGcpProject());
    for (const [name, value] of Object.entries(gcp.env)) vi.stubEnv(name, value);
    clients = new GcpClients(REGION);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gcp.stop();
  });
  afterEach(() => {
    gcp.groups.clear();
    gcp.fail(() => undefined);
  });
  const pool = { cluster: 'c', name: 'workers', machineType: 'e2-standard-2', size: 2, least: 1, most: 4 };
  const running = () =>
    [...gcp.groups.instances.values()]
      .filter(({ status }) => status === 'RUNNING')
      .map(({ zone, name }) => `${zone}/${name}`);

  for (const [where, location] of [
    ['zonal', ZONE],
    ['regional', REGION],
  ] as const) {
    machineGroupsContract(`A ${where} group`, async (): Promise<MachineGroupsHarness> => {
      gcp.addPool({ ...pool, location, zones: [ZONE] });
      const [group] = gcp.groups.groupsOf('workers');
      return {
        groups: groupsNow(),
        name: 'workers',
        kind,
        machines: async () => running(),
        wanted: async () => group!.size,
        providerIdOf: (machine) => `gce://restow-test/${machine}`,
        protect: async (machine) => {
          gcp.groups.instances.get(machine.slice(machine.indexOf('/') + 1))!.isProtected = true;
        },
        exhaust: () => {
          group!.capacity = 0;
        },
        close: async () => {},
      };
    });
  }

  test('a pool has a group in each of its zones, and each keeps its own minimum', async () => {
    gcp.addPool({ ...pool, location: `${ZONE}`, zones: [ZONE, 'us-central1-b'], size: 1 });
    const groups = await groupsNow().groupsNamed('workers', signal);
    expect(groups.map(({ zones, cluster }) => [zones, cluster])).toEqual([
      [[ZONE], 'c'],
      [['us-central1-b'], 'c'],
    ]);
    for (const machine of running()) {
      expect(await groupsNow().remove(machine, signal)).toMatchObject({ ok: false, code: 'minimum' });
    }
  });

  test('a process that is killed anywhere in an order, and asks again, has one machine', async () => {
    gcp.addPool({ ...pool, location: ZONE, zones: [ZONE] });
    const [group] = await groupsNow().groupsNamed('workers', signal);
    for (const [index, part] of ['/createInstances', '/operations/', '/instances/'].entries()) {
      const key = `00000000000${index}`;
      let isFirst = true;
      gcp.fail((_method, path) => {
        if (!isFirst || !path.includes(part)) return undefined;
        isFirst = false;
        return { status: 400, reason: 'invalid' };
      });
      await groupsNow()
        .order(group!, { ...kind, key }, signal)
        .catch(() => {});
      gcp.fail(() => undefined);
      expect((await groupsNow().order(group!, { ...kind, key }, signal)).ok, part).toBe(true);
      expect(
        running().filter((name) => name.endsWith(`-r${key}`)),
        part,
      ).toHaveLength(1);
      expect((await groupsNow().release(key, signal)).ok).toBe(true);
      expect(running(), part).toHaveLength(2);
    }
  });

  test('an order that was cut off before anybody heard of its machine is found and given back', async () => {
    gcp.addPool({ ...pool, location: ZONE, zones: [ZONE] });
    const groups = groupsNow();
    const [group] = await groups.groupsNamed('workers', signal);
    expect((await groups.order(group!, { ...kind, key: 'abcdabcdabcd' }, signal)).ok).toBe(true);
    const other = groupsNow();
    expect((await other.ordered('abcdabcdabcd', signal))?.machine).toMatch(/-rabcdabcdabcd$/);
    expect(await other.release('abcdabcdabcd', signal)).toMatchObject({ ok: true, paid: { from: expect.any(Number) } });
    expect(running()).toHaveLength(2);
  });

  test('another type than was ordered is given back', async () => {
    gcp.addPool({ ...pool, location: ZONE, zones: [ZONE] });
    const [group] = await groupsNow().groupsNamed('workers', signal);
    const order = { ...kind, instanceType: 'n2-standard-2', key: '121212121212' };
    expect(await groupsNow().order(group!, order, signal)).toMatchObject({
      code: 'no-capacity',
      reason: expect.stringMatching(/e2-standard-2 .* came, and not n2/),
    });
    expect(running()).toHaveLength(2);
  });
});
