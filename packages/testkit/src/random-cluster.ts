import type {
  LabelSelector,
  Owner,
  Policy,
  PriceBook,
  SchedulingSpec,
  Snapshot,
  SnapshotNode,
  SnapshotPod,
} from '@restow/model';
import { DEFAULT_POLICY, LABEL, seededRandom, UNCONSTRAINED } from '@restow/model';
import { buildDeployment, buildNode, buildPod, buildPriceBook, buildSnapshot, type MachinePrice } from './builders.ts';

/** A generated planning problem: small, crowded with rules, and valid or nearly so at the start. */
export interface RandomCluster {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly policy: Policy;
}

type Random = () => number;

const ZONES = ['zone-a', 'zone-b', 'zone-c'];
const MACHINES: readonly MachinePrice[] = [
  { instanceType: 'small', cores: 2, gib: 8, pods: 8, microsPerHour: 100_000 },
  { instanceType: 'medium', cores: 4, gib: 16, pods: 16, microsPerHour: 190_000 },
  { instanceType: 'lean', cores: 4, gib: 8, pods: 16, microsPerHour: 150_000 },
  { instanceType: 'large', cores: 8, gib: 32, pods: 30, microsPerHour: 370_000 },
  { instanceType: 'medium', cores: 4, gib: 16, pods: 16, microsPerHour: 70_000, capacityType: 'spot' },
  { instanceType: 'arm', cores: 4, gib: 16, pods: 16, microsPerHour: 140_000, arch: 'arm64' },
];

export function generateCluster(seed: number): RandomCluster {
  const random = seededRandom(seed);
  const nodes = makeNodes(random);
  const pods: SnapshotPod[] = [];
  const volumes: Volumes = { persistentVolumes: [], persistentVolumeClaims: [] };
  const apps = 1 + below(random, 6);
  for (let app = 0; app < apps; app++) pods.push(...makeApp(`app-${app}`, nodes, pods, volumes, random));
  const snapshot = buildSnapshot({
    nodes,
    pods,
    ...volumes,
    podDisruptionBudgets: chance(random, 0.3)
      ? [{ namespace: 'default', name: 'pdb', selector: select('app-0'), disruptionsAllowed: below(random, 2) }]
      : [],
    csiNodes: nodes.map(({ name }) => ({ node: name, drivers: [{ name: 'csi', attachLimit: 2 }] })),
    owners: [...(chance(random, 0.5) ? [makeDaemonSet(random)] : []), ...makeDeployments(seed, pods)],
  });
  const policy: Policy = {
    ...DEFAULT_POLICY,
    movePrice: chance(random, 0.5) ? '0' : '0.02',
    onlyRemove: chance(random, 0.2),
    maxMoves: chance(random, 0.2) ? below(random, 6) : null,
  };
  return { snapshot, book: buildPriceBook(MACHINES), policy };
}

function makeDaemonSet(random: Random): Owner {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    namespace: 'default',
    name: 'daemon',
    uid: 'ds',
    replicas: null,
    surges: null,
    owner: null,
    daemon: {
      requests: { cpu: 100 },
      spec: {
        ...UNCONSTRAINED,
        tolerations: [tolerateAll],
        hostPorts: chance(random, 0.5) ? [{ port: 80, protocol: 'TCP', hostIP: '' }] : [],
      },
    },
  };
}

/** What owns two thirds of the ReplicaSets, most of which start new pods before they stop old ones. */
function makeDeployments(seed: number, pods: readonly SnapshotPod[]): Owner[] {
  const random = seededRandom(seed + 1_000_003);
  const replicas = new Map<string, number>();
  for (const { owner } of pods) if (owner !== null) replicas.set(owner.uid, (replicas.get(owner.uid) ?? 0) + 1);
  const sets = new Map(
    pods.flatMap(({ owner }) => (owner?.kind === 'ReplicaSet' ? [[owner.uid, owner] as const] : [])),
  );
  return [...sets.values()].flatMap((set) =>
    chance(random, 0.67) ? buildDeployment(set, replicas.get(set.uid)!, { surges: chance(random, 0.8) }) : [],
  );
}

interface Volumes {
  persistentVolumes: Snapshot['persistentVolumes'][number][];
  persistentVolumeClaims: Snapshot['persistentVolumeClaims'][number][];
}

const tolerateAll = { key: null, operator: 'Exists' as const, value: '', effect: null };

function makeNodes(random: Random): SnapshotNode[] {
  return Array.from({ length: 2 + below(random, 7) }, (_, index) => {
    const machine = pick(random, MACHINES);
    const name = `node-${index}`;
    return buildNode(name, {
      instanceType: chance(random, 0.05) ? 'unheard-of' : machine.instanceType,
      zone: pick(random, ZONES),
      arch: machine.arch ?? 'amd64',
      capacityType: machine.capacityType ?? 'on-demand',
      allocatable: { cpu: machine.cores * 1000, memory: machine.gib * 2 ** 30, pods: machine.pods ?? 20 },
      taints: chance(random, 0.15) ? [{ key: 'team', value: 'x', effect: 'NoSchedule' }] : [],
      unschedulable: chance(random, 0.05),
      owner: chance(random, 0.1) ? 'unknown' : 'karpenter',
      labels: { disk: pick(random, ['ssd', 'hdd']) },
    });
  });
}

/** A few replicas with the same rules, put where the rules let them, as a scheduler would have. */
function makeApp(
  app: string,
  nodes: readonly SnapshotNode[],
  others: readonly SnapshotPod[],
  volumes: Volumes,
  random: Random,
): SnapshotPod[] {
  const requests = { cpu: 100 * (1 + below(random, 20)), memory: 2 ** 28 * (1 + below(random, 16)) };
  const spec = makeSpec(app, random);
  const kind = chance(random, 0.1) ? 'StatefulSet' : 'ReplicaSet';
  const owner = chance(random, 0.05) ? null : { apiVersion: 'apps/v1', kind, name: app, uid: `uid-${app}` };
  const withVolume = chance(random, 0.15);
  const pods: SnapshotPod[] = [];
  for (let replica = 0; replica < 1 + below(random, 7); replica++) {
    const fitting = nodes.filter((node) => admits(node, spec, requests, app, [...others, ...pods], nodes));
    if (fitting.length === 0) break;
    const node = pick(random, fitting);
    const name = `${app}-${replica}`;
    const claims = withVolume ? [`claim-${name}`] : [];
    if (withVolume) {
      volumes.persistentVolumeClaims.push({
        namespace: 'default',
        name: `claim-${name}`,
        volume: `pv-${name}`,
        storageClass: null,
      });
      const matchExpressions = [{ key: LABEL.zone, operator: 'In' as const, values: [node.zone!] }];
      const nodeAffinity = [{ matchExpressions, matchFields: [] }];
      volumes.persistentVolumes.push({
        name: `pv-${name}`,
        nodeAffinity,
        accessModes: ['ReadWriteOnce'],
        driver: 'csi',
      });
    }
    pods.push(buildPod(name, node.name, { labels: { app }, owner, requests, spec, claims }));
  }
  return pods;
}

function makeSpec(app: string, random: Random): SchedulingSpec {
  const other = `app-${below(random, 4)}`;
  const term = (target: string, topologyKey: string) => ({
    topologyKey,
    selector: select(target),
    namespaces: [],
    namespaceSelector: null,
    matchLabelKeys: [],
    mismatchLabelKeys: [],
  });
  const key = pick(random, [LABEL.hostname, LABEL.zone]);
  return {
    ...UNCONSTRAINED,
    nodeSelector: chance(random, 0.1) ? { [LABEL.zone]: pick(random, ZONES) } : {},
    nodeAffinity: chance(random, 0.15)
      ? [
          {
            matchExpressions: [{ key: 'disk', operator: pick(random, ['In', 'NotIn'] as const), values: ['ssd'] }],
            matchFields: [],
          },
        ]
      : null,
    tolerations: chance(random, 0.3) ? [{ key: 'team', operator: 'Exists', value: '', effect: null }] : [],
    podAntiAffinity: chance(random, 0.3) ? [term(pick(random, [app, other]), key)] : [],
    podAffinity: chance(random, 0.15) ? [term(pick(random, [app, other]), key)] : [],
    topologySpread: chance(random, 0.3)
      ? [
          {
            topologyKey: key,
            maxSkew: 1 + below(random, 2),
            minDomains: chance(random, 0.1) ? 2 : null,
            selector: select(pick(random, [app, app, other])),
            matchLabelKeys: [],
            honourNodeAffinity: chance(random, 0.8),
            honourNodeTaints: chance(random, 0.2),
          },
        ]
      : [],
    hostPorts: chance(random, 0.1) ? [{ port: 80 + below(random, 2), protocol: 'TCP', hostIP: '' }] : [],
  };
}

/** Enough of the rules that most starts are valid; the rest of the starts are broken ones, which exist too. */
function admits(
  node: SnapshotNode,
  spec: SchedulingSpec,
  requests: { cpu: number; memory: number },
  app: string,
  pods: readonly SnapshotPod[],
  nodes: readonly SnapshotNode[],
): boolean {
  const here = pods.filter((pod) => pod.node === node.name);
  const sum = (name: string) => here.reduce((total, pod) => total + (pod.requests[name] ?? 0), 0);
  if (
    sum('cpu') + requests.cpu > node.allocatable.cpu! - 100 ||
    sum('memory') + requests.memory > node.allocatable.memory!
  )
    return false;
  if (here.length + 2 > node.allocatable.pods!) return false;
  if (node.taints.length > 0 && spec.tolerations.length === 0) return false;
  if (spec.nodeSelector[LABEL.zone] !== undefined && spec.nodeSelector[LABEL.zone] !== node.zone) return false;
  const disk = spec.nodeAffinity?.[0]?.matchExpressions[0];
  if (disk !== undefined && (node.labels.disk === 'ssd') !== (disk.operator === 'In')) return false;
  if (spec.hostPorts.some(({ port }) => here.some((pod) => pod.spec.hostPorts.some((other) => other.port === port))))
    return false;
  const zoneOf = (pod: SnapshotPod) => nodes.find(({ name }) => name === pod.node)!;
  return (
    spec.podAntiAffinity.every(
      ({ selector, topologyKey }) =>
        !pods.some(
          (pod) =>
            pod.labels.app === selector?.matchLabels.app &&
            zoneOf(pod).labels[topologyKey] === node.labels[topologyKey],
        ),
    ) &&
    !pods.some((pod) =>
      pod.spec.podAntiAffinity.some(
        ({ selector, topologyKey }) =>
          selector?.matchLabels.app === app && zoneOf(pod).labels[topologyKey] === node.labels[topologyKey],
      ),
    )
  );
}

function select(app: string): LabelSelector {
  return { matchLabels: { app }, matchExpressions: [] };
}

function below(random: Random, n: number): number {
  return Math.floor(random() * n);
}

function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[below(random, from.length)]!;
}
