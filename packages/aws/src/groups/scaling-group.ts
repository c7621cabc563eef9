import { z } from 'zod';

/** Tags by which a group says what its nodes are called. Sources: EKS, eksctl, kOps. */
const NAME_TAGS = [
  'eks:nodegroup-name',
  'alpha.eksctl.io/nodegroup-name',
  'kops.k8s.io/instancegroup',
  'restow.dev/template',
];

const instanceSchema = z.object({
  InstanceId: z.string().min(1),
  AvailabilityZone: z.string(),
  LifecycleState: z.string(),
  ProtectedFromScaleIn: z.boolean(),
});
const groupSchema = z.object({
  AutoScalingGroupName: z.string().min(1),
  MinSize: z.int().nonnegative(),
  MaxSize: z.int().nonnegative(),
  DesiredCapacity: z.int().nonnegative(),
  AvailabilityZones: z.array(z.string()).default([]),
  Instances: z.array(instanceSchema).default([]),
  SuspendedProcesses: z.array(z.object({ ProcessName: z.string() })).default([]),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).default([]),
  MixedInstancesPolicy: z
    .object({
      LaunchTemplate: z
        .object({ Overrides: z.array(z.object({ InstanceType: z.string().optional() })).default([]) })
        .optional(),
    })
    .optional(),
});

export interface ScalingInstance {
  readonly id: string;
  readonly zone: string;
  /** As the service has it: `InService`, `Terminating:Wait` … */
  readonly lifecycle: string;
  readonly isProtected: boolean;
}

/** An Auto Scaling group as it is now. */
export interface ScalingGroup {
  readonly id: string;
  /** What its nodes are called by their labels. */
  readonly names: ReadonlySet<string>;
  /** Of EKS; null: it does not say. */
  readonly cluster: string | null;
  readonly least: number;
  readonly most: number;
  readonly desired: number;
  readonly zones: readonly string[];
  readonly instances: readonly ScalingInstance[];
  /** What its owner has switched off: `Launch`, `AZRebalance` … */
  readonly suspended: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, string>;
  /** Types that it chooses from; null: it does not say, and has what its template has. */
  readonly instanceTypes: ReadonlySet<string> | null;
}

/** Reads one item of DescribeAutoScalingGroups. Throws ZodError. */
export function decodeScalingGroup(item: unknown): ScalingGroup {
  const group = groupSchema.parse(item);
  const tags = new Map(group.Tags.map(({ Key, Value }) => [Key, Value]));
  const overrides = group.MixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];
  const types = overrides.flatMap(({ InstanceType }) => (InstanceType === undefined ? [] : [InstanceType]));
  return {
    id: group.AutoScalingGroupName,
    names: new Set(NAME_TAGS.flatMap((key) => tags.get(key) ?? [])),
    cluster: tags.get('eks:cluster-name') ?? tags.get('alpha.eksctl.io/cluster-name') ?? null,
    least: group.MinSize,
    most: group.MaxSize,
    desired: group.DesiredCapacity,
    zones: group.AvailabilityZones,
    instances: group.Instances.map(({ InstanceId, AvailabilityZone, LifecycleState, ProtectedFromScaleIn }) => ({
      id: InstanceId,
      zone: AvailabilityZone,
      lifecycle: LifecycleState,
      isProtected: ProtectedFromScaleIn,
    })),
    suspended: new Set(group.SuspendedProcesses.map(({ ProcessName }) => ProcessName)),
    tags,
    // What is chosen by requirements is not listed.
    instanceTypes: types.length === 0 || types.length < overrides.length ? null : new Set(types),
  };
}

export function isGoing({ lifecycle }: ScalingInstance): boolean {
  return lifecycle.startsWith('Terminat') || lifecycle.startsWith('Detach');
}

/** Machines of each of its zones that stay. */
export function machinesByZone({ zones, instances }: ScalingGroup): ReadonlyMap<string, number> {
  const counts = new Map(zones.map((zone) => [zone, 0]));
  for (const one of instances) if (!isGoing(one)) counts.set(one.zone, (counts.get(one.zone) ?? 0) + 1);
  return counts;
}
