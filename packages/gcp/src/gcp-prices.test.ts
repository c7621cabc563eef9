import type { SourcedOffering } from '@restow/pricing';
import { FakeGcp, fakeGcpProject, fakeMachineType, fakeSku } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { gcpPrices } from './gcp-prices.ts';

const NEVER = AbortSignal.timeout(2 ** 31 - 1);

let gcp: FakeGcp;
beforeAll(async () => {
  gcp = await FakeGcp.start(fakeGcpProject());
  for (const [name, value] of Object.entries(gcp.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gcp.stop();
});
beforeEach(() => {
  gcp.become({ ...fakeGcpProject(), commitments: [], reservations: {} });
  gcp.fail(() => undefined);
});

const cloud = () => gcpPrices('us-central1');
const brief = ({ instanceType, zone, capacityType, nanosPerHour, listNanosPerHour }: SourcedOffering) =>
  `${instanceType} ${zone ?? 'anywhere'} ${capacityType} ${nanosPerHour} of ${listNanosPerHour ?? 'that'}`;

test('cores, memory and shares of cores become prices, over several pages of each', async () => {
  const { items, missing } = await cloud().offerings(NEVER);
  expect(missing).toEqual([]);
  expect(items.map(brief)).toEqual([
    'e2-standard-2 anywhere on-demand 67011420 of that',
    'e2-standard-2 anywhere spot 20103440 of that',
    'e2-standard-8 anywhere on-demand 268045680 of that',
    'e2-standard-8 anywhere spot 80413760 of that',
    'e2-small anywhere on-demand 16752855 of that',
    'e2-small anywhere spot 5025860 of that',
    // A node runs all month.
    'n2-standard-4 anywhere on-demand 155388800 of 194236000',
    'n2-standard-4 anywhere spot 47000000 of that',
    'c2d-standard-2 us-central1-a on-demand 90798000 of that',
    'c2d-standard-2 us-central1-a spot 21975000 of that',
  ]);
});

test('what is throttled or fails for a while is asked again', async () => {
  gcp.fail((_method, path, call) =>
    path.endsWith('/machineTypes') && call < 2
      ? { status: call === 0 ? 503 : 429, reason: 'rateLimitExceeded' }
      : undefined,
  );
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items).toHaveLength(10);
  expect(missing).toEqual([]);
});

test('what may not be asked is named with what it leaves open', async () => {
  gcp.fail((_method, path) => (path.endsWith('/skus') ? { status: 403, reason: 'forbidden' } : undefined));
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items).toEqual([]);
  expect(missing[0]).toBe('cloudbilling.services.list is not allowed: there are no prices');
});

test('a cloud that does not answer is an outage', async () => {
  gcp.fail((_method, path) => (path.endsWith('/machineTypes') ? { status: 400, reason: 'invalid' } : undefined));
  await expect(cloud().offerings(NEVER)).rejects.toThrow(/Google Cloud does not answer compute.machineTypes.list/);
});

test('what is not understood is not priced, and why is said', async () => {
  const { skus } = fakeGcpProject();
  gcp.become({
    machineTypes: {
      'us-central1-a': [
        fakeMachineType('x9-standard-2', 2, 8192),
        fakeMachineType('c3-standard-4-lssd', 4, 16_384, { bundledLocalSsds: { partitionCount: 1 } }),
        fakeMachineType('n2-custom-4-8192', 4, 8192),
        fakeMachineType('n2-custom-4-99328-ext', 4, 99_328),
        fakeMachineType('e2-standard-2', 2, 8192, { architecture: 'RISCV' }),
        fakeMachineType('n1-standard-2', 2, 7680),
      ],
    },
    skus: [...skus, fakeSku('N1 Predefined Instance Core running in Americas', 'OnDemand', 'h', 0.04)],
  });
  const { items, missing } = await cloud().offerings(NEVER);
  expect(items.map(brief)).toEqual(
    ['n1-standard-2 us-central1-a spot 19955000 of that'].map((one) => one.replace('us-central1-a', 'anywhere')),
  );
  expect(missing).toEqual([
    'e2-standard-2: its architecture RISCV is not known',
    'n1/core on-demand: there are two prices that differ',
    'not priced: how series x9 is sold is not known here: x9-standard-2 (on-demand), x9-standard-2 (spot)',
    'not priced: what its local disks cost is not known here: c3-standard-4-lssd (on-demand), c3-standard-4-lssd (spot)',
    "not priced: there is no price of n2-custom's cores or memory: n2-custom-4-8192 (on-demand), n2-custom-4-8192 (spot)",
    'not priced: what memory beyond the usual costs is not known here: n2-custom-4-99328-ext (on-demand), n2-custom-4-99328-ext (spot)',
    "not priced: there is no price of n1's cores or memory: n1-standard-2 (on-demand)",
  ]);
});

test('GPUs are priced with their machine, on demand and as spot', async () => {
  gcp.become({
    machineTypes: {
      'us-central1-a': [
        fakeMachineType('g2-standard-4', 4, 16_384, {
          accelerators: [{ guestAcceleratorType: 'nvidia-l4', guestAcceleratorCount: 1 }],
        }),
      ],
    },
    skus: [
      fakeSku('G2 Instance Core running in Americas', 'OnDemand', 'h', 0.02),
      fakeSku('G2 Instance Ram running in Americas', 'OnDemand', 'GiBy.h', 0.003),
      fakeSku('Nvidia L4 GPU running in Americas', 'OnDemand', 'h', 0.5),
      fakeSku('Spot Preemptible G2 Instance Core running in Americas', 'Preemptible', 'h', 0.01),
      fakeSku('Spot Preemptible G2 Instance Ram running in Americas', 'Preemptible', 'GiBy.h', 0.001),
      fakeSku('Nvidia L4 GPU attached to Spot Preemptible VMs running in Americas', 'Preemptible', 'h', 0.2),
    ],
  });
  const { items, missing } = await cloud().offerings(NEVER);
  expect(missing).toEqual([]);
  expect(items.map(brief)).toEqual([
    'g2-standard-4 anywhere on-demand 628000000 of that',
    'g2-standard-4 anywhere spot 256000000 of that',
  ]);
  expect(items[0]!.allocatable['nvidia.com/gpu']).toBe(1);
});

test('what is paid ahead: committed use and reservations', async () => {
  gcp.become({
    commitments: [
      {
        name: 'n2-year',
        status: 'ACTIVE',
        type: 'GENERAL_PURPOSE_N2',
        plan: 'TWELVE_MONTH',
        endTimestamp: '2027-03-01T00:00:00.000-08:00',
        resources: [
          { type: 'VCPU', amount: '8' },
          { type: 'MEMORY', amount: '32768' },
        ],
      },
      { name: 'over', status: 'EXPIRED', type: 'GENERAL_PURPOSE_N2', plan: 'TWELVE_MONTH', resources: [] },
      { name: 'odd', status: 'ACTIVE', type: 'STORAGE_OPTIMIZED_Z3', plan: 'TWELVE_MONTH', resources: [] },
    ],
    reservations: {
      'us-central1-a': [
        {
          name: 'held',
          zone: 'https://x/zones/us-central1-a',
          status: 'READY',
          specificReservation: { count: '3', instanceProperties: { machineType: 'e2-standard-2' } },
        },
      ],
      'europe-west1-b': [{ name: 'elsewhere' }],
    },
  });
  const { items, missing } = await cloud().commitments(NEVER);
  expect(items).toMatchObject([
    {
      id: 'n2-year',
      kind: 'committed-use',
      amount: { unit: 'spend', nanosPerHour: 388_472_000, ofType: { 'n2-standard-4': 194_236_000 } },
      nanosPerHour: 244_728_000,
      shared: true,
    },
    {
      id: 'held',
      kind: 'capacity-reservation',
      covers: { zone: 'us-central1-a', instanceTypes: ['e2-standard-2'] },
      amount: { unit: 'machines', count: 3 },
      nanosPerHour: 201_034_260,
    },
  ]);
  expect(missing).toEqual([
    'commitment odd: what STORAGE_OPTIMIZED_Z3 covers is not known here',
    expect.stringContaining('flexible committed use'),
  ]);
});
