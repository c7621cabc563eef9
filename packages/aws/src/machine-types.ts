import { firstProblem } from '@restow/model';
import type { Sourced } from '@restow/pricing';
import { z } from 'zod';
import { allocatableOf } from './allocatable.ts';
import type { AwsClients } from './clients.ts';

/** As the API names them, in the names that Kubernetes has for them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', arm64: 'arm64' };
const GPU_RESOURCES: Readonly<Record<string, string>> = { NVIDIA: 'nvidia.com/gpu', AMD: 'amd.com/gpu' };

const count = z.int().nonnegative();
const typeSchema = z.object({
  InstanceType: z.string().min(1),
  CurrentGeneration: z.boolean(),
  BareMetal: z.boolean(),
  BurstablePerformanceSupported: z.boolean(),
  SupportedUsageClasses: z.array(z.string()),
  ProcessorInfo: z.object({ SupportedArchitectures: z.array(z.string()).min(1) }),
  VCpuInfo: z.object({ DefaultVCpus: z.int().positive() }),
  MemoryInfo: z.object({ SizeInMiB: z.int().positive() }),
  NetworkInfo: z.object({
    MaximumNetworkInterfaces: z.int().positive(),
    Ipv4AddressesPerInterface: z.int().positive(),
    DefaultNetworkCardIndex: count.optional(),
    NetworkCards: z
      .array(z.object({ NetworkCardIndex: count, MaximumNetworkInterfaces: z.int().positive() }))
      .optional(),
  }),
  GpuInfo: z.object({ Gpus: z.array(z.object({ Manufacturer: z.string(), Count: count })) }).optional(),
  // That there are any is all that counts.
  InferenceAcceleratorInfo: z.unknown().optional(),
  FpgaInfo: z.unknown().optional(),
  NeuronInfo: z.unknown().optional(),
  MediaAcceleratorInfo: z.unknown().optional(),
});

/** A machine type, and where in the region it can be had. */
export interface MachineType {
  readonly instanceType: string;
  readonly arch: string;
  readonly allocatable: Readonly<Record<string, number>>;
  readonly usageClasses: readonly string[];
  readonly burstable: boolean;
  readonly previousGeneration: boolean;
  readonly bareMetal: boolean;
  readonly accelerated: boolean;
}

/** Reads one item of DescribeInstanceTypes. A string says why it is not understood. */
export function decodeMachineType(item: unknown): MachineType | string {
  const parsed = typeSchema.safeParse(item);
  const name = z.object({ InstanceType: z.string() }).safeParse(item).data?.InstanceType ?? 'a machine type';
  if (!parsed.success) return `${name}: ${firstProblem(parsed.error)}`;
  const { data } = parsed;
  const arch = data.ProcessorInfo.SupportedArchitectures.map((one) => ARCHITECTURES[one]).find(Boolean);
  if (arch === undefined) return `${name}: none of its architectures runs Linux nodes`;
  const allocatable: Record<string, number> = allocatableOf({
    vcpus: data.VCpuInfo.DefaultVCpus,
    memoryMib: data.MemoryInfo.SizeInMiB,
    isArm: arch === 'arm64',
    networkInterfaces: interfacesOf(data.NetworkInfo),
    addressesPerInterface: data.NetworkInfo.Ipv4AddressesPerInterface,
  });
  const gpus = data.GpuInfo?.Gpus ?? [];
  for (const { Manufacturer, Count } of gpus) {
    const resource = GPU_RESOURCES[Manufacturer.toUpperCase()];
    if (resource !== undefined && Count > 0) allocatable[resource] = (allocatable[resource] ?? 0) + Count;
  }
  const others = [data.InferenceAcceleratorInfo, data.FpgaInfo, data.NeuronInfo, data.MediaAcceleratorInfo];
  return {
    instanceType: data.InstanceType,
    arch,
    allocatable,
    usageClasses: data.SupportedUsageClasses,
    burstable: data.BurstablePerformanceSupported,
    previousGeneration: !data.CurrentGeneration,
    bareMetal: data.BareMetal,
    accelerated: gpus.length > 0 || others.some((one) => one != null),
  };
}

/** Pods have addresses of the first network card's interfaces only. Source: Amazon VPC CNI, maximum pods. */
function interfacesOf(network: z.infer<typeof typeSchema>['NetworkInfo']): number {
  const { DefaultNetworkCardIndex = 0, NetworkCards = [], MaximumNetworkInterfaces } = network;
  const card = NetworkCards.find(({ NetworkCardIndex }) => NetworkCardIndex === DefaultNetworkCardIndex);
  return card?.MaximumNetworkInterfaces ?? MaximumNetworkInterfaces;
}

/** Every machine type of the region. */
export async function readMachineTypes(clients: AwsClients, signal: AbortSignal): Promise<Sourced<MachineType>> {
  const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const items: MachineType[] = [];
  const known = new Set<string>();
  const missing: string[] = [];
  for await (const page of paginateDescribeInstanceTypes({ client, pageSize: 100 }, {}, { abortSignal: signal })) {
    for (const item of page.InstanceTypes ?? []) {
      const decoded = decodeMachineType(item);
      if (typeof decoded === 'string') missing.push(decoded);
      else if (!known.has(decoded.instanceType)) items.push(decoded);
      if (typeof decoded !== 'string') known.add(decoded.instanceType);
    }
  }
  return { items, missing };
}

/** The region's zones by the machine types that can be had there. */
export async function readZones(
  clients: AwsClients,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { paginateDescribeInstanceTypeOfferings } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const zones = new Map<string, Set<string>>();
  const pages = paginateDescribeInstanceTypeOfferings(
    { client, pageSize: 1000 },
    { LocationType: 'availability-zone' },
    { abortSignal: signal },
  );
  for await (const page of pages) {
    for (const { InstanceType, Location } of page.InstanceTypeOfferings ?? []) {
      if (InstanceType === undefined || Location === undefined) continue;
      const known = zones.get(InstanceType);
      if (known === undefined) zones.set(InstanceType, new Set([Location]));
      else known.add(Location);
    }
  }
  return zones;
}
