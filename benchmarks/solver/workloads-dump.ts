import { seededRandom } from '@restow/model';
import { argumentsOf, machineTypes, nodeObject, podObject, type Row, writeDump, ZONES } from './kubectl-dump.ts';

/**
 * Writes what `kubectl get … -o json` would print of a cluster of many workloads of some twenty small pods each, from code
 * and seed: replicas from one to some hundreds, requests over two orders of magnitude, rules as they are found in
 * production (zone spread, one to a node, a pool of one's own). Nodes are two thirds requested. Also the price file of the
 * 150 offerings that may be launched.
 */
const USAGE = 'workloads-dump.ts DATA_FOLDER OUT_FOLDER PODS [SEED]';
const [dataFolder, outFolder, wanted, seed] = argumentsOf(USAGE, 3, 2) as [string, string, string, string?];

const OFFERED = /^(c5|m5|r5|c6a|m6a|r6a|m7i|r7i|c7i)\.(large|xlarge|2xlarge|4xlarge|8xlarge|12xlarge)$/;
const OFFERINGS = 150;
const POOLS = ['default', 'default', 'default', 'batch'];
const NODE_TYPES = ['m5.4xlarge', 'r5.4xlarge', 'm5.8xlarge'];
/** A node takes pods until so much of its CPU or memory is requested. */
const FULL = 0.7;
/** Nodes of a pool and zone that are tried for a pod. */
const NEWEST = 30;
/** Workloads of more replicas than this do not ask for a node each. */
const MOST_APART = 25;

interface Workload {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
  readonly replicas: number;
  readonly pool: string;
  readonly rule: 'none' | 'spread' | 'apart';
}

interface Node {
  readonly name: string;
  readonly type: Row;
  readonly zone: string;
  readonly pool: string;
  cpu: number;
  memory: number;
  pods: number;
}

const random = seededRandom(Number(seed ?? 1));
const between = (low: number, high: number) => low * (high / low) ** random();
const table = machineTypes(dataFolder);
const typeOf = new Map(table.map((row) => [row.instance_type!, row]));

const nodes: Node[] = [];
const open = new Map<string, Node[]>();
/** Which node has one of which workload. */
const holds = new Set<string>();
const placed: { readonly name: string; readonly workload: Workload; readonly node: string }[] = [];
for (let index = 0; placed.length < Number(wanted); index++) place(workload(index));

const items = [
  ...POOLS.slice(2).map(nodePool),
  ...nodes.map(({ name, type, zone, pool }) => nodeObject(name, type, zone, pool, { taints: taintsOf(pool) })),
  ...placed.map(({ name, workload: { name: app, ...one }, node }) =>
    podObject(name, app, node, { ...one, gpu: 0 }, rulesOf(app, one)),
  ),
];
const offered = table.filter(({ instance_type }) => OFFERED.test(instance_type!)).slice(0, OFFERINGS / ZONES.length);
writeDump(outFolder, items, offered);
process.stdout.write(
  `${placed.length} pods of ${new Set(placed.map(({ workload: one }) => one.name)).size} workloads on ${nodes.length} nodes, ${OFFERINGS} offerings\n`,
);

function workload(index: number): Workload {
  const cpu = 10 * Math.ceil(between(50, 4_000) / 10);
  const draw = random();
  const replicas = Math.ceil(between(1, 300) ** 0.85);
  return {
    name: `app-${String(index).padStart(5, '0')}`,
    cpu,
    memory: 16 * Math.ceil((cpu * between(1, 8)) / 16),
    replicas,
    pool: POOLS[Math.floor(random() * POOLS.length)]!,
    rule: draw < 0.15 ? 'spread' : draw < 0.25 && replicas <= MOST_APART ? 'apart' : 'none',
  };
}

/** Replicas go to the zones in turn, each onto the first of the newest nodes that has room and none of its own kind. */
function place(one: Workload): void {
  for (let replica = 0; replica < one.replicas && placed.length < Number(wanted); replica++) {
    const zone = ZONES[replica % ZONES.length]!;
    const key = `${one.pool}/${zone}`;
    const recent = open.get(key) ?? [];
    open.set(key, recent);
    // The newest are tried in turn, so that replicas are spread as a scheduler does.
    const node = recent.find((candidate) => fits(candidate, one)) ?? openNode(one.pool, zone, recent);
    recent.splice(recent.indexOf(node), 1);
    recent.push(node);
    node.cpu += one.cpu;
    node.memory += one.memory;
    node.pods += 1;
    placed.push({ name: `${one.name}-${replica}`, workload: one, node: node.name });
    holds.add(`${node.name}/${one.name}`);
  }
}

function fits(node: Node, { name, cpu, memory, rule }: Workload): boolean {
  if (rule === 'apart' && holds.has(`${node.name}/${name}`)) return false;
  const { allocatable_cpu_milli, allocatable_memory_mib, allocatable_pods } = node.type;
  const within = node.cpu + cpu <= FULL * Number(allocatable_cpu_milli);
  return (
    within && node.memory + memory <= FULL * Number(allocatable_memory_mib) && node.pods < Number(allocatable_pods)
  );
}

function openNode(pool: string, zone: string, recent: Node[]): Node {
  const name = `node-${String(nodes.length).padStart(5, '0')}`;
  const type = typeOf.get(NODE_TYPES[nodes.length % NODE_TYPES.length]!)!;
  const node: Node = { name, type, zone, pool, cpu: 0, memory: 0, pods: 0 };
  nodes.push(node);
  recent.push(node);
  if (recent.length > NEWEST) recent.splice(recent.indexOf(recent.reduce((a, b) => (b.cpu > a.cpu ? b : a))), 1);
  return node;
}

function nodePool(name: string): object {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name, uid: `pool-${name}` },
    spec: {
      template: {
        spec: {
          taints: taintsOf(name),
          nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
          requirements: [],
        },
      },
    },
  };
}

function taintsOf(pool: string): object[] {
  return pool === 'default' ? [] : [{ key: 'pool', value: pool, effect: 'NoSchedule' }];
}

/** What the spec of a workload's pods says of where they may run. */
function rulesOf(app: string, { pool, rule }: Pick<Workload, 'pool' | 'rule'>): object {
  const labelSelector = { matchLabels: { app } };
  return {
    ...(pool === 'default'
      ? {}
      : {
          nodeSelector: { 'karpenter.sh/nodepool': pool },
          tolerations: [{ key: 'pool', operator: 'Equal', value: pool, effect: 'NoSchedule' }],
        }),
    ...(rule === 'spread'
      ? {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector,
            },
          ],
        }
      : {}),
    ...(rule === 'apart'
      ? {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { labelSelector, topologyKey: 'kubernetes.io/hostname' },
              ],
            },
          },
        }
      : {}),
  };
}
