/** A machine type of the example: what pods may use, and its price in hundred-thousandths of a dollar per hour. */
export interface ExampleMachine {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly pods: number;
  readonly onDemand: number;
}

const SIZES = [
  { size: 'large', vcpus: 2, pods: 29 },
  { size: 'xlarge', vcpus: 4, pods: 58 },
  { size: '2xlarge', vcpus: 8, pods: 58 },
  { size: '4xlarge', vcpus: 16, pods: 234 },
  { size: '8xlarge', vcpus: 32, pods: 234 },
];
/** GiB for each vCPU, and the price of two vCPUs: us-east-1 on-demand list prices, as the built-in catalogue has them. */
const FAMILIES = [
  { family: 'c6a', gib: 2, large: 7650 },
  { family: 'm6a', gib: 4, large: 8640 },
  { family: 'r6a', gib: 8, large: 11340 },
  { family: 'm5', gib: 4, large: 9600 },
  { family: 'r5', gib: 8, large: 12600 },
];
const SPOT_SHARE = 0.4;

export const EXAMPLE_MACHINES: readonly ExampleMachine[] = FAMILIES.flatMap(({ family, gib, large }) =>
  SIZES.map(({ size, vcpus, pods }) => ({
    name: `${family}.${size}`,
    cpuMilli: vcpus * 1000 - 90,
    memoryMib: Math.floor(vcpus * gib * 1024 * 0.93) - 300,
    pods,
    onDemand: (large * vcpus) / 2,
  })),
);

/** The example's price file: every machine type in any zone, on demand and, at an invented discount, as spot. */
export function examplePrices(): string {
  const header =
    'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';
  const rows = EXAMPLE_MACHINES.flatMap(({ name, cpuMilli, memoryMib, pods, onDemand }) =>
    [
      ['on-demand', onDemand],
      ['spot', Math.round(onDemand * SPOT_SHARE)],
    ].map(
      ([type, price]) =>
        `${name},,${type},amd64,${cpuMilli},${memoryMib},${pods},0,${(Number(price) / 1e5).toFixed(5)}`,
    ),
  );
  return `${[header, ...rows].join('\n')}\n`;
}
