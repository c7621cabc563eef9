/** One workload of the example cluster, and what is awkward about it. */
export interface ExampleWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly pool: 'general' | 'spot' | 'data';
  readonly spread?: 'zone' | 'hostname';
  readonly antiAffinity?: 'hostname';
  readonly affinityTo?: string;
  /** Size of the volume that each replica claims; zonal. */
  readonly volumeGib?: number;
  /** minAvailable below the number of replicas by this; 0 allows no disruption. */
  readonly disruptionsAllowed?: number;
  readonly doNotDisrupt?: boolean;
  readonly emptyDir?: boolean;
}

/** A shop: web, services, batch on spot, databases with volumes, and a few pods that must not be moved. */
export const EXAMPLE_WORKLOADS: readonly ExampleWorkload[] = [
  {
    namespace: 'shop',
    name: 'web',
    kind: 'Deployment',
    replicas: 48,
    cpuMilli: 500,
    memoryMib: 700,
    pool: 'general',
    spread: 'zone',
    disruptionsAllowed: 4,
  },
  {
    namespace: 'shop',
    name: 'api',
    kind: 'Deployment',
    replicas: 60,
    cpuMilli: 750,
    memoryMib: 1024,
    pool: 'general',
    spread: 'zone',
    disruptionsAllowed: 6,
  },
  { namespace: 'shop', name: 'cart', kind: 'Deployment', replicas: 18, cpuMilli: 400, memoryMib: 900, pool: 'general' },
  {
    namespace: 'shop',
    name: 'cart-cache',
    kind: 'Deployment',
    replicas: 6,
    cpuMilli: 500,
    memoryMib: 6144,
    pool: 'general',
    antiAffinity: 'hostname',
  },
  {
    namespace: 'shop',
    name: 'search',
    kind: 'Deployment',
    replicas: 12,
    cpuMilli: 2000,
    memoryMib: 7168,
    pool: 'general',
    antiAffinity: 'hostname',
  },
  {
    namespace: 'shop',
    name: 'checkout',
    kind: 'Deployment',
    replicas: 9,
    cpuMilli: 600,
    memoryMib: 800,
    pool: 'general',
    spread: 'zone',
    disruptionsAllowed: 0,
  },
  {
    namespace: 'shop',
    name: 'recommend',
    kind: 'Deployment',
    replicas: 20,
    cpuMilli: 1500,
    memoryMib: 3072,
    pool: 'general',
  },
  {
    namespace: 'shop',
    name: 'recommend-agent',
    kind: 'Deployment',
    replicas: 3,
    cpuMilli: 100,
    memoryMib: 128,
    pool: 'general',
    affinityTo: 'recommend',
  },
  {
    namespace: 'data',
    name: 'orders-db',
    kind: 'StatefulSet',
    replicas: 3,
    cpuMilli: 3000,
    memoryMib: 24576,
    pool: 'data',
    volumeGib: 500,
    antiAffinity: 'hostname',
    disruptionsAllowed: 1,
  },
  {
    namespace: 'data',
    name: 'events',
    kind: 'StatefulSet',
    replicas: 6,
    cpuMilli: 1500,
    memoryMib: 12288,
    pool: 'data',
    volumeGib: 1000,
    antiAffinity: 'hostname',
    disruptionsAllowed: 1,
  },
  {
    namespace: 'data',
    name: 'sessions',
    kind: 'StatefulSet',
    replicas: 4,
    cpuMilli: 500,
    memoryMib: 8192,
    pool: 'data',
    volumeGib: 50,
  },
  {
    namespace: 'data',
    name: 'warehouse',
    kind: 'Deployment',
    replicas: 1,
    cpuMilli: 6000,
    memoryMib: 40960,
    pool: 'data',
    doNotDisrupt: true,
  },
  {
    namespace: 'batch',
    name: 'render',
    kind: 'Deployment',
    replicas: 50,
    cpuMilli: 1800,
    memoryMib: 2048,
    pool: 'spot',
  },
  {
    namespace: 'batch',
    name: 'thumbnails',
    kind: 'Deployment',
    replicas: 70,
    cpuMilli: 450,
    memoryMib: 512,
    pool: 'spot',
  },
  {
    namespace: 'batch',
    name: 'index',
    kind: 'Deployment',
    replicas: 8,
    cpuMilli: 2500,
    memoryMib: 9216,
    pool: 'spot',
    emptyDir: true,
  },
  {
    namespace: 'platform',
    name: 'ingress',
    kind: 'Deployment',
    replicas: 6,
    cpuMilli: 800,
    memoryMib: 512,
    pool: 'general',
    spread: 'hostname',
    disruptionsAllowed: 1,
  },
  {
    namespace: 'platform',
    name: 'metrics',
    kind: 'StatefulSet',
    replicas: 2,
    cpuMilli: 2000,
    memoryMib: 16384,
    pool: 'general',
    volumeGib: 200,
  },
  {
    namespace: 'platform',
    name: 'tools',
    kind: 'Deployment',
    replicas: 40,
    cpuMilli: 150,
    memoryMib: 256,
    pool: 'general',
  },
];
