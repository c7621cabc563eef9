import type { Resources } from '@restow/model';

/** vCPUs, memory and GPUs of a Compute Engine machine type. */
export interface MachineShape {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly gpus: number;
  /** vCPUs are a share of a core, with bursts. */
  readonly sharedCore: boolean;
}

const GIB = 1024;

/** GiB for each vCPU, by series and class. Source: Compute Engine, "Machine families resource and comparison guide". */
const MEMORY_PER_VCPU_GIB: Readonly<Record<string, number>> = {
  'c2-standard': 4,
  'c2d-highcpu': 2,
  'c2d-highmem': 8,
  'c2d-standard': 4,
  'c3-highcpu': 2,
  'c3-highmem': 8,
  'c3-standard': 4,
  'c3d-highmem': 8,
  'c3d-standard': 4,
  'e2-highcpu': 1,
  'e2-highmem': 8,
  'e2-standard': 4,
  'g2-standard': 4,
  'n1-highcpu': 0.9,
  'n1-highmem': 6.5,
  'n1-standard': 3.75,
  'n2-highcpu': 1,
  'n2-highmem': 8,
  'n2-standard': 4,
  'n2d-highcpu': 1,
  'n2d-highmem': 8,
  'n2d-standard': 4,
  't2d-standard': 4,
};

/** GPUs of g2-standard-N, by N. */
const G2_GPUS: Readonly<Record<number, number>> = { 4: 1, 8: 1, 12: 1, 16: 1, 24: 2, 32: 1, 48: 4, 96: 8 };

/** Documented one by one: types whose memory follows from no ratio. */
const SINGLE: Readonly<Record<string, MachineShape>> = {
  'e2-micro': { vcpus: 2, memoryMib: 1 * GIB, gpus: 0, sharedCore: true },
  'e2-small': { vcpus: 2, memoryMib: 2 * GIB, gpus: 0, sharedCore: true },
  'e2-medium': { vcpus: 2, memoryMib: 4 * GIB, gpus: 0, sharedCore: true },
  'n2-highmem-128': { vcpus: 128, memoryMib: 864 * GIB, gpus: 0, sharedCore: false },
  'a2-megagpu-16g': { vcpus: 96, memoryMib: 1360 * GIB, gpus: 16, sharedCore: false },
  'm1-megamem-96': { vcpus: 96, memoryMib: 1433.6 * GIB, gpus: 0, sharedCore: false },
  'm1-ultramem-40': { vcpus: 40, memoryMib: 961 * GIB, gpus: 0, sharedCore: false },
  'm1-ultramem-80': { vcpus: 80, memoryMib: 1922 * GIB, gpus: 0, sharedCore: false },
  'm1-ultramem-160': { vcpus: 160, memoryMib: 3844 * GIB, gpus: 0, sharedCore: false },
};

/** null when the shape cannot be derived from what is documented: then the type is no offering. */
export function machineShape(machineType: string): MachineShape | null {
  const single = SINGLE[machineType];
  if (single !== undefined) return single;
  const accelerated = /^a2-(high|ultra)gpu-(\d+)g$/.exec(machineType);
  if (accelerated !== null) {
    const gpus = Number(accelerated[2]);
    return {
      vcpus: 12 * gpus,
      memoryMib: (accelerated[1] === 'high' ? 85 : 170) * gpus * GIB,
      gpus,
      sharedCore: false,
    };
  }
  const match = /^([a-z]\d+[a-z]?-[a-z]+)-(\d+)$/.exec(machineType);
  if (match === null) return null;
  const ratio = MEMORY_PER_VCPU_GIB[match[1]!];
  const vcpus = Number(match[2]);
  if (ratio === undefined) return null;
  const gpus = match[1] === 'g2-standard' ? G2_GPUS[vcpus] : 0;
  if (gpus === undefined) return null;
  return { vcpus, memoryMib: vcpus * ratio * GIB, gpus, sharedCore: false };
}

/**
 * What GKE leaves to pods. Source: GKE, "Plan node sizes": memory 25 % of the first 4 GiB, 20 % of the next 4, 10 % of
 * the next 8, 6 % of the next 112, 2 % above, and 100 MiB for eviction; CPU 6 % of the first core, 1 % of the next,
 * 0.5 % of the next two, 0.25 % above; shared-core E2 types leave 940 m; 110 pods.
 */
export function gkeAllocatable(shape: MachineShape): Resources {
  const memory =
    shape.memoryMib -
    100 -
    slice(
      shape.memoryMib,
      [
        [4, 0.25],
        [4, 0.2],
        [8, 0.1],
        [112, 0.06],
      ],
      0.02,
      GIB,
    );
  const cpu = shape.sharedCore
    ? 940
    : 1000 * shape.vcpus -
      slice(
        1000 * shape.vcpus,
        [
          [1, 0.06],
          [1, 0.01],
          [2, 0.005],
        ],
        0.0025,
        1000,
      );
  const allocatable: Record<string, number> = {
    cpu: Math.floor(cpu),
    memory: Math.floor(memory) * 2 ** 20,
    pods: 110,
  };
  if (shape.gpus > 0) allocatable['nvidia.com/gpu'] = shape.gpus;
  return allocatable;
}

function slice(total: number, steps: readonly (readonly [number, number])[], rest: number, unit: number): number {
  let left = total;
  let sum = 0;
  for (const [size, share] of steps) {
    const part = Math.min(left, size * unit);
    sum += part * share;
    left -= part;
  }
  return sum + left * rest;
}
