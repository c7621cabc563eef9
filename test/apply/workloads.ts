/** Objects of a cluster whose pods have budgets, spread over zones and stay apart from their like. */

interface Shape {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly zonal?: true;
  readonly apart?: true;
  readonly budget?: { readonly maxUnavailable: number | string } | { readonly minAvailable: number | string };
}

/** How many replicas there are in all, in every kind of workload, at `scale` 1. */
const SHAPES: readonly Shape[] = [
  ...Array.from(
    { length: 8 },
    (): Shape => ({
      kind: 'Deployment',
      replicas: 20,
      cpuMilli: 250,
      memoryMib: 512,
      zonal: true,
      budget: { maxUnavailable: 2 },
    }),
  ),
  ...Array.from(
    { length: 8 },
    (): Shape => ({
      kind: 'Deployment',
      replicas: 20,
      cpuMilli: 500,
      memoryMib: 2048,
      budget: { maxUnavailable: '20%' },
    }),
  ),
  ...Array.from(
    { length: 6 },
    (): Shape => ({
      kind: 'Deployment',
      replicas: 14,
      cpuMilli: 300,
      memoryMib: 1024,
      apart: true,
      budget: { minAvailable: '50%' },
    }),
  ),
  ...Array.from({ length: 4 }, (): Shape => ({ kind: 'Deployment', replicas: 12, cpuMilli: 700, memoryMib: 1500 })),
  ...Array.from(
    { length: 6 },
    (): Shape => ({
      kind: 'StatefulSet',
      replicas: 8,
      cpuMilli: 400,
      memoryMib: 3000,
      apart: true,
      budget: { maxUnavailable: 1 },
    }),
  ),
  ...Array.from(
    { length: 8 },
    (): Shape => ({
      kind: 'Deployment',
      replicas: 1,
      cpuMilli: 200,
      memoryMib: 512,
      budget: { minAvailable: 1 },
    }),
  ),
];

export interface Workloads {
  readonly objects: readonly object[];
  readonly pods: number;
  /** `kind/name` of each, with its replicas. */
  readonly replicas: ReadonlyMap<string, number>;
}

/** All workloads with so large a part of their replicas, and of their number. */
export function workloads(scale: number, part = 1): Workloads {
  const replicas = new Map<string, number>();
  const objects = SHAPES.flatMap((shape, index): object[] => {
    if (index % Math.round(1 / part) !== 0) return [];
    const name = `${shape.kind.toLowerCase()}-${index}`;
    const count = scale === 0 ? 0 : Math.max(1, Math.round(shape.replicas * scale));
    replicas.set(`${shape.kind}/${name}`, count);
    return [workload(name, shape, count), ...budgetOf(name, shape)];
  });
  return { objects, pods: [...replicas.values()].reduce((sum, count) => sum + count, 0), replicas };
}

function workload(name: string, shape: Shape, replicas: number): object {
  const { kind, cpuMilli, memoryMib, zonal, apart } = shape;
  const labels = { app: name };
  const labelSelector = { matchLabels: labels };
  const requests = { cpu: `${cpuMilli}m`, memory: `${memoryMib}Mi` };
  const spread = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector,
  };
  const antiAffinity = [{ topologyKey: 'kubernetes.io/hostname', labelSelector }];
  const spec = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: 'registry.example/app', resources: { requests } }],
    ...(zonal ? { topologySpreadConstraints: [spread] } : {}),
    ...(apart
      ? { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: antiAffinity } } }
      : {}),
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: labelSelector,
      ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
      template: { metadata: { labels }, spec },
    },
  };
}

function budgetOf(name: string, { budget }: Shape): object[] {
  if (budget === undefined) return [];
  const spec = { ...budget, selector: { matchLabels: { app: name } } };
  return [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' }, spec }];
}
