/** A comparison cluster, in the form that `benchmarks/peers/karpenter` reads. */
export interface MissedCluster {
  readonly name: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: 'on-demand';
    readonly pods: readonly string[];
  }[];
  readonly pods: readonly MissedPod[];
  readonly catalogue: readonly {
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: 'on-demand';
    /** USD an hour. */
    readonly price: number;
    readonly cpu: number;
    readonly mem: number;
    readonly pods: number;
  }[];
}

interface MissedPod {
  readonly name: string;
  readonly owner: string;
  readonly cpu_milli: number;
  readonly mem_mib: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly doNotDisrupt?: boolean;
}

const ZONE = 'topology.kubernetes.io/zone';

type Pod = readonly [cores: number, gib: number, change?: Pick<MissedPod, 'nodeSelector' | 'doNotDisrupt'>];
type Machine = readonly [cores: number, gib: number, dollarsPerHour: number];

/** Nodes by name: machine type, zone, and pods by cores and GiB. */
function cluster(
  name: string,
  machines: Readonly<Record<string, Machine>>,
  nodes: Readonly<Record<string, readonly [instanceType: string, zone: string, ...pods: Pod[]]>>,
): MissedCluster {
  const zones = [...new Set(Object.values(nodes).map(([, zone]) => zone))];
  const named = Object.entries(nodes).map(([node, [instanceType, zone, ...pods]]) => ({
    node: {
      name: node,
      instanceType,
      zone,
      capacityType: 'on-demand' as const,
      pods: pods.map((_, k) => `${node}-${k}`),
    },
    pods: pods.map(([cores, gib, change], k) => ({
      ...{ name: `${node}-${k}`, owner: `app-${node}-${k}`, cpu_milli: cores * 1000, mem_mib: gib * 1024 },
      ...change,
    })),
  }));
  return {
    name,
    nodes: named.map(({ node }) => node),
    pods: named.flatMap(({ pods }) => pods),
    catalogue: Object.entries(machines).flatMap(([instanceType, [cores, gib, price]]) =>
      zones.map((zone) => ({
        ...{ instanceType, zone, capacityType: 'on-demand' as const, price },
        ...{ cpu: cores * 1000, mem: gib * 1024, pods: 20 },
      })),
    ),
  };
}

const stays = { doNotDisrupt: true };

/** What Karpenter is known to miss; its answers are in `answers.jsonl`, from its own code. */
export const MISSED: readonly MissedCluster[] = [
  cluster(
    'three-into-two',
    { twelve: [12, 48, 1.2], sixteen: [16, 64, 1.6] },
    {
      a: ['twelve', 'a', [5, 4], [5, 4]],
      b: ['twelve', 'a', [5, 4], [5, 4]],
      c: ['twelve', 'a', [5, 4], [5, 4]],
    },
  ),
  cluster(
    'one-into-two',
    { general: [16, 64, 1.6], cpu: [4, 8, 0.2], memory: [2, 32, 0.25] },
    { a: ['general', 'a', [4, 4], [1, 31]] },
  ),
  cluster(
    'not-a-prefix',
    { eight: [8, 32, 0.8], twelve: [12, 48, 1] },
    {
      a: ['eight', 'a', [5, 4, { nodeSelector: { [ZONE]: 'a' } }]],
      b: ['eight', 'b', [2.5, 4, { nodeSelector: { [ZONE]: 'b' } }], [2.5, 4, { nodeSelector: { [ZONE]: 'b' } }]],
      c: [
        'eight',
        'a',
        [2, 4, { nodeSelector: { [ZONE]: 'a' } }],
        [2, 4, { nodeSelector: { [ZONE]: 'a' } }],
        [1, 4, { nodeSelector: { [ZONE]: 'a' } }],
      ],
    },
  ),
  cluster(
    'swap',
    { eight: [8, 32, 0.8] },
    {
      a: ['eight', 'a', [1, 1, stays], [5, 8]],
      b: ['eight', 'a', [3, 1, stays], [3, 26]],
      c: ['eight', 'a', [4, 4]],
    },
  ),
  cluster(
    'one-pod-blocks',
    { eight: [8, 32, 0.8] },
    {
      a: ['eight', 'a', [4, 4, stays], [2, 4]],
      b: ['eight', 'a', [6, 4, stays]],
      c: ['eight', 'a', [4, 4]],
    },
  ),
];
