import { firstProblem } from '@restow/model';
import { gkeAllocatable, type Sourced } from '@restow/pricing';
import { z } from 'zod';
import { CALL, type GcpClients } from './clients.ts';

/** As the API names them, in the names that Kubernetes has for them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { X86_64: 'amd64', ARM64: 'arm64' };

const typeSchema = z.object({
  name: z.string().min(1),
  guestCpus: z.int().positive(),
  memoryMb: z.int().positive(),
  isSharedCpu: z.boolean().default(false),
  architecture: z.string(),
  accelerators: z
    .array(z.object({ guestAcceleratorType: z.string().min(1), guestAcceleratorCount: z.int().positive() }))
    .default([]),
  bundledLocalSsds: z.object({ partitionCount: z.int().nonnegative().nullish() }).nullish(),
});

export interface MachineType {
  readonly instanceType: string;
  readonly arch: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly isSharedCore: boolean;
  readonly accelerator: { readonly type: string; readonly count: number } | null;
  /** It comes with disks of its own, which are paid for apart. */
  readonly localDisks: number;
  readonly allocatable: Readonly<Record<string, number>>;
}

/** Such as `n2d`, of `n2d-standard-8` or `n2d-custom-4-8192`; N1's own types with a share of a core are series of their own. */
export function seriesOf(instanceType: string): string {
  return instanceType.startsWith('custom-') ? 'n1' : instanceType.slice(0, instanceType.indexOf('-'));
}

/** Reads one machine type as the API lists it. A string says why it is not understood. */
export function decodeMachineType(item: unknown): MachineType | string {
  const parsed = typeSchema.safeParse(item);
  const name = z.object({ name: z.string() }).safeParse(item).data?.name ?? 'a machine type';
  if (!parsed.success) return `${name}: ${firstProblem(parsed.error)}`;
  const { guestCpus: vcpus, memoryMb, isSharedCpu, architecture, accelerators, bundledLocalSsds } = parsed.data;
  const arch = ARCHITECTURES[architecture];
  if (arch === undefined) return `${name}: its architecture ${architecture} is not known`;
  const [accelerator, ...others] = accelerators;
  if (others.length > 0) return `${name}: it has accelerators of several kinds`;
  const gpus = accelerator?.guestAcceleratorType.startsWith('nvidia') === true ? accelerator.guestAcceleratorCount : 0;
  return {
    instanceType: name,
    arch,
    vcpus,
    memoryMib: memoryMb,
    isSharedCore: isSharedCpu,
    accelerator:
      accelerator === undefined
        ? null
        : { type: accelerator.guestAcceleratorType, count: accelerator.guestAcceleratorCount },
    localDisks: bundledLocalSsds?.partitionCount ?? 0,
    allocatable: gkeAllocatable({ vcpus, memoryMib: memoryMb, gpus, sharedCore: isSharedCpu }),
  };
}

/** What can be had in the region: each type once, and the zones that have it. */
export async function readMachineTypes(
  clients: GcpClients,
  signal: AbortSignal,
): Promise<Sourced<{ readonly type: MachineType; readonly zones: ReadonlySet<string> }> & { readonly zones: number }> {
  const client = await clients.machineTypes();
  const project = await clients.project();
  const request = { project, filter: `zone eq ".*${clients.region}-[a-z]"` };
  const missing = new Set<string>();
  const zones = new Set<string>();
  const found = new Map<string, { readonly type: MachineType; readonly zones: Set<string> }>();
  for await (const [scope, { machineTypes }] of client.aggregatedListAsync(request, CALL)) {
    signal.throwIfAborted();
    const zone = scope.replace(/^zones\//, '');
    if (!zone.startsWith(`${clients.region}-`)) continue;
    for (const item of machineTypes ?? []) {
      const type = decodeMachineType(item);
      if (typeof type === 'string') {
        missing.add(type);
        continue;
      }
      zones.add(zone);
      const known = found.get(type.instanceType);
      if (known === undefined) found.set(type.instanceType, { type, zones: new Set([zone]) });
      else known.zones.add(zone);
    }
  }
  return { items: [...found.values()], missing: [...missing], zones: zones.size };
}
