import { seededRandom } from '@restow/model';

type Labels = Record<string, string>;
type Spec = Record<string, unknown>;
export type ApiObject = Record<string, unknown> & {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
};

/** Which rule a probe is made to meet or to break; the others are left lenient, so that one of them decides. */
export const PROBED = [
  'node-unschedulable',
  'taints',
  'node-affinity',
  'volume-topology',
  'resources',
  'host-ports',
  'volume-limits',
  'pod-anti-affinity',
  'pod-affinity',
  'topology-spread',
] as const;
type Probed = (typeof PROBED)[number];
/** Spread decides seldom: it takes pods of the right kind in the right number. */
const PROBED_IN_TURN: readonly Probed[] = [...PROBED, 'topology-spread', 'topology-spread'];

/** A generated cluster as the API server's objects, and pods that want to come. */
export interface OracleWorld {
  readonly nodes: readonly ApiObject[];
  /** Volumes, claims, CSINodes. */
  readonly objects: readonly ApiObject[];
  readonly running: readonly ApiObject[];
  /** Each asks for a resource that only one node has, so that the scheduler's answer is about that node. */
  readonly probes: readonly ApiObject[];
}

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const ZONES = ['zone-a', 'zone-b', 'zone-c'];
const APPS = ['red', 'green', 'blue'];
const NAMESPACES = ['probes', 'others'];
const LENIENT = [{ operator: 'Exists' }];

export const ORACLE_NAMESPACES: readonly ApiObject[] = NAMESPACES.map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { kind: name === 'probes' ? 'own' : 'other' } },
}));

export function generateWorld(seed: number, probes: number): OracleWorld {
  return new WorldMaker(seed).make(probes);
}

class WorldMaker {
  readonly #seed: number;
  readonly #random: () => number;
  readonly #objects: ApiObject[] = [];
  #claims = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  make(count: number): OracleWorld {
    const nodes = Array.from({ length: 3 + this.#below(3) }, (_, index) => this.#node(index));
    const running = nodes.flatMap((node, index) =>
      Array.from({ length: 1 + this.#below(4) }, (_, pod) => this.#runningPod(node, `pod-${index}-${pod}`)),
    );
    const probes = Array.from({ length: count }, (_, index) =>
      this.#probe(index, PROBED_IN_TURN[(this.#seed + index) % PROBED_IN_TURN.length]!, this.#below(nodes.length)),
    );
    return { nodes, objects: this.#objects, running, probes };
  }

  #node(index: number): ApiObject {
    const name = this.#name(`node-${index}`);
    const labels: Labels = { [HOSTNAME]: name, disk: this.#pick(['ssd', 'hdd']), rank: String(this.#below(6)) };
    if (this.#chance(0.9)) labels[ZONE] = this.#pick(ZONES);
    const key = this.#pick(['team', 'gpu']);
    const taint = {
      key,
      value: this.#pick(['x', 'y']),
      effect: this.#pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule']),
    };
    const driver = { name: 'csi.test', nodeID: name, topologyKeys: [ZONE], allocatable: { count: 1 + this.#below(2) } };
    this.#objects.push({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name },
      spec: { drivers: [driver] },
    });
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: { taints: this.#chance(0.3) ? [taint] : [], ...(this.#chance(0.2) ? { unschedulable: true } : {}) },
      status: {
        allocatable: {
          cpu: `${1000 + 500 * this.#below(4)}m`,
          memory: `${1 + this.#below(4)}Gi`,
          pods: String(5 + this.#below(6)),
          [ownResource(index)]: '1',
        },
        conditions: [{ type: 'Ready', status: 'True', reason: 'Test', message: '' }],
      },
    };
  }

  #runningPod(node: ApiObject, name: string): ApiObject {
    const spec: Spec = { nodeName: node.metadata.name, tolerations: LENIENT };
    if (this.#chance(0.7)) spec.ports = this.#hostPorts();
    if (this.#chance(0.15)) spec.affinity = { podAntiAffinity: required([this.#affinityTerm()]) };
    const namespace = this.#pick(NAMESPACES);
    const zone = node.metadata.labels?.[ZONE];
    if (this.#chance(0.3) && namespace === 'probes' && zone !== undefined) spec.volumes = [this.#volume(zone)];
    return this.#pod(name, namespace, spec, 100 + 100 * this.#below(4));
  }

  #probe(index: number, rule: Probed, at: number): ApiObject {
    const spec: Spec = { tolerations: LENIENT, ...this.#specFor(rule) };
    const cpu = rule === 'resources' ? 300 + 300 * this.#below(6) : 10;
    return this.#pod(`probe-${index}`, 'probes', spec, cpu, { [ownResource(at)]: '1' });
  }

  #specFor(rule: Probed): Spec {
    switch (rule) {
      case 'node-unschedulable':
      case 'taints':
        return { tolerations: this.#tolerations() };
      case 'node-affinity':
        if (this.#chance(0.3)) return { nodeSelector: { disk: this.#pick(['ssd', 'hdd']) } };
        return { affinity: { nodeAffinity: this.#nodeAffinity() } };
      case 'volume-topology':
        return { volumes: [this.#volume(this.#pick(ZONES))] };
      case 'volume-limits':
        return { volumes: [this.#volume(null), this.#volume(null)] };
      case 'host-ports':
        return { ports: this.#hostPorts() };
      case 'pod-anti-affinity':
        return { affinity: { podAntiAffinity: required([this.#affinityTerm()]) } };
      case 'pod-affinity': {
        const more = this.#chance(0.2) ? [this.#affinityTerm()] : [];
        return { affinity: { podAffinity: required([this.#affinityTerm(), ...more]) } };
      }
      case 'topology-spread':
        return {
          ...(this.#chance(0.3) ? { tolerations: [] } : {}),
          ...(this.#chance(0.3) ? { nodeSelector: { disk: this.#pick(['ssd', 'hdd']) } } : {}),
          topologySpreadConstraints: [this.#spread()],
        };
      case 'resources':
        return {};
    }
  }

  #tolerations(): object[] {
    const cordon = this.#chance(0.2) ? [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] : [];
    if (this.#chance(0.5)) return cordon;
    const key = this.#pick(['team', 'gpu']);
    const effect = this.#chance(0.5) ? { effect: 'NoSchedule' } : {};
    return [...cordon, { key, operator: 'Equal', value: this.#pick(['x', 'y']), ...effect }];
  }

  #nodeAffinity(): object {
    const expression = this.#pick<object>([
      { key: 'disk', operator: 'In', values: ['ssd'] },
      { key: 'disk', operator: 'NotIn', values: ['ssd'] },
      { key: ZONE, operator: 'Exists' },
      { key: ZONE, operator: 'DoesNotExist' },
      { key: 'rank', operator: 'Gt', values: ['2'] },
      { key: 'rank', operator: 'Lt', values: ['3'] },
    ]);
    return required({ nodeSelectorTerms: [{ matchExpressions: [expression] }] });
  }

  #spread(): object {
    return {
      topologyKey: this.#pick([HOSTNAME, ZONE]),
      maxSkew: this.#chance(0.8) ? 1 : 2,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: this.#selector(),
      ...(this.#chance(0.4) ? { minDomains: 1 + this.#below(4) } : {}),
      ...(this.#chance(0.3) ? { nodeTaintsPolicy: 'Honor' } : {}),
      ...(this.#chance(0.3) ? { nodeAffinityPolicy: 'Ignore' } : {}),
    };
  }

  #affinityTerm(): object {
    const where = this.#pick<object>([
      {},
      {},
      { namespaces: [this.#pick(NAMESPACES)] },
      { namespaceSelector: {} },
      { namespaceSelector: { matchLabels: { kind: 'own' } } },
    ]);
    return { topologyKey: this.#pick([HOSTNAME, ZONE]), labelSelector: this.#selector(), ...where };
  }

  #selector(): object {
    const app = this.#pick(APPS);
    return this.#pick<object>([
      { matchLabels: { app } },
      { matchExpressions: [{ key: 'app', operator: 'In', values: [app, this.#pick(APPS)] }] },
      { matchLabels: { app }, matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] },
    ]);
  }

  #hostPorts(): object[] {
    const address = this.#chance(0.2) ? { hostIP: this.#pick(['127.0.0.1', '10.1.1.1']) } : {};
    const hostPort = this.#chance(0.8) ? 8000 : 8001;
    return [{ containerPort: 80, hostPort, protocol: this.#pick(['TCP', 'TCP', 'TCP', 'UDP']), ...address }];
  }

  /** A volume with a claim and a persistent volume of its own, bound; in one zone, or anywhere. */
  #volume(zone: string | null): object {
    const name = this.#name(`claim-${this.#claims++}`);
    const inZone = { matchExpressions: [{ key: ZONE, operator: 'In', values: [zone] }] };
    const affinity = zone === null ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [inZone] } } };
    const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'probes', name };
    const csi = { driver: 'csi.test', volumeHandle: name };
    this.#objects.push({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { ...common, capacity: { storage: '1Gi' }, csi, claimRef, ...affinity },
    });
    this.#objects.push({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'probes', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { ...common, volumeName: name, resources: { requests: { storage: '1Gi' } } },
    });
    return { name, persistentVolumeClaim: { claimName: name } };
  }

  #pod(what: string, namespace: string, { ports, ...spec }: Spec, cpu: number, extra: Labels = {}): ApiObject {
    const resources = { requests: { cpu: `${cpu}m`, memory: '64Mi', ...extra }, limits: extra };
    const container = {
      name: 'main',
      image: 'registry.example/none',
      resources,
      ...(ports === undefined ? {} : { ports }),
    };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: this.#name(what),
        namespace,
        labels: { app: this.#pick(APPS), tier: this.#pick(['front', 'back']) },
      },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        containers: [container],
        ...spec,
      },
    };
  }

  #name(what: string): string {
    return `w${this.#seed}-${what}`;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }
}

function required(terms: unknown): object {
  return { requiredDuringSchedulingIgnoredDuringExecution: terms };
}

function ownResource(node: number): string {
  return `restow.dev/at-${node}`;
}
