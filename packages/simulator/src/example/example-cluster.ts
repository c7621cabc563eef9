import { createHash } from 'node:crypto';
import { seededRandom } from '@restow/model';
import { EXAMPLE_MACHINES } from './example-prices.ts';
import { EXAMPLE_WORKLOADS, type ExampleWorkload } from './example-workloads.ts';

type ApiObject = Record<string, unknown>;

interface ExampleNode {
  readonly name: string;
  readonly zone: string;
  readonly pool: ExampleWorkload['pool'];
  readonly instanceType: string;
  cpuLeft: number;
  memoryLeft: number;
  readonly workloads: Map<string, number>;
}

const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
const POOLS: readonly {
  pool: ExampleWorkload['pool'];
  instanceType: string;
  nodes: number;
  capacityType: string;
  categories: string[];
}[] = [
  { pool: 'general', instanceType: 'm5.2xlarge', nodes: 60, capacityType: 'on-demand', categories: ['c', 'm', 'r'] },
  { pool: 'spot', instanceType: 'm5.2xlarge', nodes: 42, capacityType: 'spot', categories: ['c', 'm', 'r'] },
  { pool: 'data', instanceType: 'r5.2xlarge', nodes: 18, capacityType: 'on-demand', categories: ['m', 'r'] },
];
const DAEMONS = [
  { name: 'node-agent', cpuMilli: 100, memoryMib: 128 },
  { name: 'cni', cpuMilli: 50, memoryMib: 64 },
];
const DATA_TAINT = { key: 'dedicated', value: 'data', effect: 'NoSchedule' };
const CREATED = '2026-10-01T00:00:00Z';

/**
 * A Kubernetes List, as `kubectl get … -o json` prints it, of a generated cluster: 120 under-used nodes in three zones
 * and three Karpenter pools, with stateful sets, spot, disruption budgets and rules that get in each other's way.
 */
export function exampleCluster(seed = 1): { apiVersion: 'v1'; kind: 'List'; items: ApiObject[] } {
  const random = seededRandom(seed);
  const nodes = makeNodes();
  const items: ApiObject[] = [
    ...['default', 'kube-system', 'shop', 'data', 'batch', 'platform'].map((name) =>
      object('v1', 'Namespace', name, null),
    ),
    ...nodes.flatMap(nodeObjects),
    ...POOLS.map(({ pool, capacityType, categories }) => nodePool(pool, capacityType, categories)),
    ...DAEMONS.flatMap((daemon) => daemonObjects(daemon, nodes)),
    object('storage.k8s.io/v1', 'StorageClass', 'ssd', null, {
      provisioner: 'ebs.csi.aws.com',
      volumeBindingMode: 'WaitForFirstConsumer',
    }),
  ];
  for (const workload of EXAMPLE_WORKLOADS) items.push(...workloadObjects(workload, nodes, random));
  items.push(...oddities(nodes));
  return { apiVersion: 'v1', kind: 'List', items };
}

function makeNodes(): ExampleNode[] {
  return POOLS.flatMap(({ pool, instanceType, nodes }) =>
    Array.from({ length: nodes }, (_, index): ExampleNode => {
      const { cpuMilli, memoryMib } = EXAMPLE_MACHINES.find(({ name }) => name === instanceType)!;
      return {
        name: `${pool}-${String(index + 1).padStart(2, '0')}`,
        zone: ZONES[index % ZONES.length]!,
        pool,
        instanceType,
        cpuLeft: cpuMilli - DAEMONS.reduce((sum, daemon) => sum + daemon.cpuMilli, 0),
        memoryLeft: memoryMib - DAEMONS.reduce((sum, daemon) => sum + daemon.memoryMib, 0),
        workloads: new Map(),
      };
    }),
  );
}

/** The roomiest of three nodes drawn at random, in the zone with fewest replicas so far: how clusters come to be spread thin. */
function placeReplica(workload: ExampleWorkload, nodes: readonly ExampleNode[], random: () => number): ExampleNode {
  const { name, pool, cpuMilli, memoryMib } = workload;
  const inZone = (zone: string) =>
    nodes.filter((n) => n.zone === zone).reduce((sum, n) => sum + (n.workloads.get(name) ?? 0), 0);
  const fewest = Math.min(...ZONES.map(inZone));
  const fits = nodes.filter(
    (node) =>
      node.pool === pool &&
      node.cpuLeft >= cpuMilli &&
      node.memoryLeft >= memoryMib &&
      ((workload.antiAffinity ?? workload.spread) !== 'hostname' || !node.workloads.has(name)) &&
      (workload.affinityTo === undefined || node.workloads.has(workload.affinityTo)) &&
      (workload.affinityTo !== undefined || inZone(node.zone) === fewest),
  );
  const drawn = [random(), random(), random()].map((r) => fits[Math.floor(r * fits.length)]!);
  const node = drawn.reduce((best, one) => (one.cpuLeft > best.cpuLeft ? one : best));
  node.cpuLeft -= cpuMilli;
  node.memoryLeft -= memoryMib;
  node.workloads.set(name, (node.workloads.get(name) ?? 0) + 1);
  return node;
}

function workloadObjects(workload: ExampleWorkload, nodes: readonly ExampleNode[], random: () => number): ApiObject[] {
  const { namespace, name, kind, replicas } = workload;
  const labels = { app: name };
  const stateful = kind === 'StatefulSet';
  const setName = stateful ? name : `${name}-7d9f8`;
  const setKind = stateful ? 'StatefulSet' : 'ReplicaSet';
  const items: ApiObject[] = [
    object('apps/v1', kind, name, namespace, { spec: { replicas, selector: { matchLabels: labels } } }),
  ];
  if (!stateful) {
    const owner = ownerReference('apps/v1', 'Deployment', name);
    items.push(
      object('apps/v1', 'ReplicaSet', setName, namespace, { spec: { replicas } }, { ownerReferences: [owner] }),
    );
  }
  if (workload.disruptionsAllowed !== undefined) {
    const { disruptionsAllowed } = workload;
    const spec = { minAvailable: replicas - disruptionsAllowed, selector: { matchLabels: labels } };
    items.push(object('policy/v1', 'PodDisruptionBudget', name, namespace, { spec, status: { disruptionsAllowed } }));
  }
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const node = placeReplica(workload, nodes, random);
    const podName = stateful ? `${name}-${ordinal}` : `${setName}-${digest(`${name}${ordinal}`).slice(0, 5)}`;
    const volumes: ApiObject[] = [];
    if (workload.volumeGib !== undefined) {
      const claim = `data-${podName}`;
      volumes.push({ name: 'data', persistentVolumeClaim: { claimName: claim } });
      items.push(...volumeObjects(namespace, claim, workload.volumeGib, node.zone));
    }
    if (workload.emptyDir) volumes.push({ name: 'scratch', emptyDir: {} });
    const spec = { ...podSpec(workload, node.name), volumes };
    const annotations = workload.doNotDisrupt ? { 'karpenter.sh/do-not-disrupt': 'true' } : {};
    const metadata = { labels, annotations, ownerReferences: [ownerReference('apps/v1', setKind, setName)] };
    items.push(object('v1', 'Pod', podName, namespace, { spec, status: { phase: 'Running' } }, metadata));
  }
  return items;
}

function podSpec(workload: ExampleWorkload, nodeName: string): ApiObject {
  const selector = { matchLabels: { app: workload.name } };
  const hostname = 'kubernetes.io/hostname';
  const affinity: ApiObject = {};
  if (workload.antiAffinity !== undefined) {
    const term = { topologyKey: hostname, labelSelector: selector };
    affinity.podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  }
  if (workload.affinityTo !== undefined) {
    const term = { topologyKey: hostname, labelSelector: { matchLabels: { app: workload.affinityTo } } };
    affinity.podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  }
  const topologyKey = workload.spread === 'zone' ? 'topology.kubernetes.io/zone' : hostname;
  const spread = { topologyKey, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector };
  return {
    nodeName,
    schedulerName: 'default-scheduler',
    nodeSelector: { 'karpenter.sh/nodepool': workload.pool },
    tolerations:
      workload.pool === 'data' ? [{ key: DATA_TAINT.key, operator: 'Equal', value: 'data', effect: 'NoSchedule' }] : [],
    ...(Object.keys(affinity).length > 0 ? { affinity } : {}),
    ...(workload.spread === undefined ? {} : { topologySpreadConstraints: [spread] }),
    containers: [container(workload.cpuMilli, workload.memoryMib)],
  };
}

function volumeObjects(namespace: string, claim: string, gib: number, zone: string): ApiObject[] {
  const volume = `pv-${digest(claim).slice(0, 8)}`;
  const terms = [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] }];
  return [
    object('v1', 'PersistentVolumeClaim', claim, namespace, { spec: { volumeName: volume, storageClassName: 'ssd' } }),
    object('v1', 'PersistentVolume', volume, null, {
      spec: {
        capacity: { storage: `${gib}Gi` },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'ebs.csi.aws.com', volumeHandle: volume },
        nodeAffinity: { required: { nodeSelectorTerms: terms } },
      },
    }),
  ];
}

function nodeObjects(node: ExampleNode): ApiObject[] {
  const { name, zone, pool, instanceType } = node;
  const machine = EXAMPLE_MACHINES.find((one) => one.name === instanceType)!;
  const capacityType = POOLS.find((one) => one.pool === pool)!.capacityType;
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node.kubernetes.io/instance-type': instanceType,
    'topology.kubernetes.io/zone': zone,
    'topology.kubernetes.io/region': 'us-east-1',
    'karpenter.sh/capacity-type': capacityType,
    'karpenter.sh/nodepool': pool,
  };
  const allocatable = { cpu: `${machine.cpuMilli}m`, memory: `${machine.memoryMib}Mi`, pods: String(machine.pods) };
  const spec = {
    providerID: `aws:///${zone}/i-${digest(name).slice(0, 17)}`,
    ...(pool === 'data' ? { taints: [DATA_TAINT] } : {}),
  };
  const status = {
    allocatable,
    conditions: [{ type: 'Ready', status: 'True' }],
    nodeInfo: { architecture: 'amd64', operatingSystem: 'linux' },
  };
  return [
    object('v1', 'Node', name, null, { spec, status }, { labels }),
    object(
      'karpenter.sh/v1',
      'NodeClaim',
      `claim-${name}`,
      null,
      { status: { nodeName: name, providerID: spec.providerID } },
      { labels: { 'karpenter.sh/nodepool': pool } },
    ),
    object('storage.k8s.io/v1', 'CSINode', name, null, {
      spec: { drivers: [{ name: 'ebs.csi.aws.com', allocatable: { count: 25 } }] },
    }),
  ];
}

function nodePool(pool: string, capacityType: string, categories: readonly string[]): ApiObject {
  const requirements = [
    { key: 'karpenter.sh/capacity-type', operator: 'In', values: [capacityType] },
    { key: 'karpenter.k8s.aws/instance-category', operator: 'In', values: categories },
    { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] },
  ];
  const taints = pool === 'data' ? [DATA_TAINT] : [];
  return object('karpenter.sh/v1', 'NodePool', pool, null, {
    spec: { limits: { cpu: '1000' }, template: { spec: { requirements, taints } } },
  });
}

function daemonObjects(
  daemon: { name: string; cpuMilli: number; memoryMib: number },
  nodes: readonly ExampleNode[],
): ApiObject[] {
  const template = {
    tolerations: [{ operator: 'Exists' }],
    containers: [container(daemon.cpuMilli, daemon.memoryMib)],
  };
  return [
    object('apps/v1', 'DaemonSet', daemon.name, 'kube-system', { spec: { template: { spec: template } } }),
    ...nodes.map((node) =>
      object(
        'v1',
        'Pod',
        `${daemon.name}-${digest(node.name).slice(0, 5)}`,
        'kube-system',
        { spec: { ...template, nodeName: node.name }, status: { phase: 'Running' } },
        { labels: { app: daemon.name }, ownerReferences: [ownerReference('apps/v1', 'DaemonSet', daemon.name)] },
      ),
    ),
  ];
}

/** What every real cluster has somewhere: a bare pod, a running job, a pod that is waiting. */
function oddities(nodes: readonly ExampleNode[]): ApiObject[] {
  const on = (index: number) => nodes.filter(({ pool }) => pool === 'general')[index]!.name;
  const pod = (name: string, namespace: string, nodeName: string | null, owner: ApiObject | null) =>
    object(
      'v1',
      'Pod',
      name,
      namespace,
      {
        spec: { ...(nodeName === null ? {} : { nodeName }), containers: [container(100, 128)] },
        status: { phase: nodeName === null ? 'Pending' : 'Running' },
      },
      owner === null ? {} : { ownerReferences: [owner] },
    );
  return [
    pod('debug-shell', 'platform', on(7), null),
    pod('nightly-report-x7k2p', 'batch', on(23), ownerReference('batch/v1', 'Job', 'nightly-report')),
    pod('waiting', 'platform', null, ownerReference('apps/v1', 'ReplicaSet', 'tools-7d9f8')),
  ];
}

function container(cpuMilli: number, memoryMib: number): ApiObject {
  return {
    name: 'main',
    image: 'registry.example/app',
    resources: { requests: { cpu: `${cpuMilli}m`, memory: `${memoryMib}Mi` } },
  };
}

function ownerReference(apiVersion: string, kind: string, name: string): ApiObject {
  return { apiVersion, kind, name, uid: uid(`${kind}${name}`), controller: true };
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string | null,
  body: ApiObject = {},
  metadata: ApiObject = {},
): ApiObject {
  const identity = { name, ...(namespace === null ? {} : { namespace }), uid: uid(`${kind}/${namespace}/${name}`) };
  return { apiVersion, kind, metadata: { ...identity, creationTimestamp: CREATED, ...metadata }, ...body };
}

function uid(text: string): string {
  const hex = digest(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
