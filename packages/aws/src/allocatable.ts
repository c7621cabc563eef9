export interface MachineShape {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly isArm: boolean;
  readonly networkInterfaces: number;
  readonly addressesPerInterface: number;
}

const MIB = 2 ** 20;
/** What the hypervisor and the kernel keep, at most; a node says more exactly. Source: Karpenter, `vmMemoryOverheadPercent`. */
const OVERHEAD = 0.075;
/** Arm kernels keep this apart for devices. Source: Karpenter's AWS provider, instance type capacity. */
const ARM_CMA_MIB = 64;
const EVICTION_MIB = 100;

/**
 * What a fresh node of Amazon Linux 2023 leaves to pods: cores in milli, bytes, pods. Source: the AMI's kubelet
 * configuration (kubeReserved by cores and pods, evictionHard) and the VPC plugin's addresses.
 */
export function allocatableOf(shape: MachineShape): { cpu: number; memory: number; pods: number } {
  const pods = shape.networkInterfaces * (shape.addressesPerInterface - 1) + 2;
  const memoryMib = shape.memoryMib - (shape.isArm ? ARM_CMA_MIB : 0);
  const reservedMib = Math.ceil(memoryMib * OVERHEAD) + 255 + 11 * pods + EVICTION_MIB;
  return {
    cpu: shape.vcpus * 1000 - reservedCpu(shape.vcpus),
    memory: Math.max(0, memoryMib - reservedMib) * MIB,
    pods,
  };
}

/** 6 % of the first core, 1 % of the second, 0.5 % of the next two, a quarter of a percent of the rest. */
function reservedCpu(vcpus: number): number {
  const rest = Math.max(0, vcpus - 4) * 2.5;
  return Math.floor(60 * Math.min(vcpus, 1) + 10 * clamp(vcpus - 1, 1) + 5 * clamp(vcpus - 2, 2) + rest);
}

function clamp(cores: number, most: number): number {
  return Math.min(Math.max(0, cores), most);
}
