import type { MachineNotice } from '@restow/executor';
import { FakeGcp, fakeGcpProject } from '@restow/testkit';
import { expect, test, vi } from 'vitest';
import { GcpClients } from '../clients.ts';
import { PreemptedOperations } from './preempted-operations.ts';

const AT = Date.parse('2026-11-01T12:00:00Z');
const operation = (name: string, machine: string, insertTime = '2026-11-01T03:59:50.123-08:00') => ({
  name,
  operationType: 'compute.instances.preempted',
  targetLink: `https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/${machine}`,
  insertTime,
  status: 'DONE',
});

test('each preempted machine is told once; what is old or not understood is not', async () => {
  const gcp = await FakeGcp.start({
    ...fakeGcpProject(),
    operations: {
      'us-central1-a': [
        operation('one', 'm-1'),
        operation('old', 'm-0', '2026-11-01T03:50:00-08:00'),
        { name: 'odd', targetLink: 'nothing', insertTime: '2026-11-01T12:00:00Z' },
      ],
      'europe-west1-b': [operation('elsewhere', 'm-9')],
    },
  });
  for (const [name, value] of Object.entries(gcp.env)) vi.stubEnv(name, value);
  const stop = new AbortController();
  const told: MachineNotice[] = [];
  const problems: unknown[] = [];
  let looks = 0;
  gcp.fail((_method, path) => {
    if (!path.endsWith('/operations')) return undefined;
    looks++;
    if (looks === 2)
      gcp.become({ operations: { 'us-central1-a': [operation('one', 'm-1'), operation('two', 'm-2')] } });
    if (looks === 4) stop.abort();
    return looks === 3 ? { status: 400, reason: 'invalid' } : undefined;
  });
  const source = new PreemptedOperations({
    clients: new GcpClients('us-central1'),
    now: () => AT,
    onNotice: (notice) => told.push(notice),
    onProblem: (error) => problems.push(error),
    pollMs: 10,
  });
  await source.listen(stop.signal);
  const deadline = AT - 9_877 + 30_000;
  expect(told).toEqual([
    { id: 'one', kind: 'spot-interruption', machine: 'us-central1-a/m-1', deadline },
    { id: 'two', kind: 'spot-interruption', machine: 'us-central1-a/m-2', deadline },
  ]);
  expect(problems).toHaveLength(1);
  expect(source.unknown).toBe(1);
  vi.unstubAllEnvs();
  await gcp.stop();
});
