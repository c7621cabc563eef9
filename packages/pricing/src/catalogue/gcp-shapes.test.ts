import { expect, test } from 'vitest';
import { gkeAllocatable, machineShape } from './gcp-shapes.ts';

test.each([
  ['e2-standard-4', 4, 16],
  ['n1-highcpu-96', 96, 86.4],
  ['n2d-highmem-8', 8, 64],
  ['a2-highgpu-2g', 24, 170],
  ['g2-standard-24', 24, 96],
  ['m1-ultramem-40', 40, 961],
])('%s has %i vCPUs and %d GiB', (type, vcpus, gib) => {
  expect(machineShape(type)).toMatchObject({ vcpus, memoryMib: gib * 1024 });
});

test.each(['z3-highmem-88-highlssd', 'h4d-highmem-192-lssd', 'f1-micro', 'n9-standard-4', 'c3d-highcpu-30'])(
  'the shape of %s is not derived, so it is no offering',
  (type) => {
    expect(machineShape(type)).toBeNull();
  },
);

test('GKE leaves of four cores and 16 GiB what its documentation says', () => {
  // 4 cores − 80 m; 16 GiB − (1 + 0.8 + 0.8 GiB) − 100 MiB
  expect(gkeAllocatable(machineShape('e2-standard-4')!)).toEqual({ cpu: 3920, memory: 13_621 * 2 ** 20, pods: 110 });
});
