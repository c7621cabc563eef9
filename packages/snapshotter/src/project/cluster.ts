import { API_VERSION, compareText, type Owner, type Snapshot } from '@restow/model';
import type { ApiObject } from '../api-list.ts';
import { GapCollector } from '../gaps.ts';
import { Interner } from './interner.ts';
import { byName, byNamespaceAndName, KINDS, type Kind, type Projected } from './kinds.ts';
import { sharePod } from './pod.ts';

/** Kinds without which the snapshot says less than it could; the gap names what then cannot be seen. */
const EXPECTED: Readonly<Partial<Record<Kind, string>>> = {
  PodDisruptionBudget: 'disruption budgets, if there are any, are not seen',
  PersistentVolumeClaim: 'pods with claims stay where they are',
  DaemonSet: 'daemon pods on new nodes are taken from those that run',
  Namespace: 'namespace selectors cannot be evaluated; pods that use them stay',
};
const OWNERS = [
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'DaemonSet',
] as const satisfies readonly Kind[];

/** Takes API objects one by one, keeps only what matters of each, and makes a Snapshot of them. */
export class ClusterProjection {
  readonly #gaps = new GapCollector();
  readonly #byKind = new Map<Kind, unknown[]>();
  readonly #unused = new Set<string>();
  readonly #origin: string;
  readonly #interner: Interner | null;

  /** With an interner pods share what they have in common, which a large cluster is worth; without one they stay what they are. */
  constructor(origin: string, interner: Interner | null = null) {
    this.#origin = origin;
    this.#interner = interner;
  }

  /** Throws InputError for an object that is not what its kind says. */
  add(object: ApiObject): void {
    const kind = object.kind as Kind;
    const projection = KINDS[kind];
    if (projection === undefined) {
      // Said once a kind, after everything that is used.
      this.#unused.add(object.kind);
      return;
    }
    if (projection.group !== object.group) {
      this.#gaps.add('kind-not-used', 'kinds of object that restow does not use', `${kind}.${object.group}`);
      return;
    }
    const result = projection.project(object);
    if (result !== null) this.put(kind, result);
    else {
      this.#listOf(kind);
      if (kind === 'Node') {
        const { name } = (object.body as { metadata: { name: string } }).metadata;
        this.#gaps.add('node-without-allocatable', 'nodes say nothing of what they can hold; not used', name);
      }
    }
  }
  /** The same for an object that has been projected already. */
  put<Name extends Kind>(kind: Name, result: Projected[Name]): void {
    this.#listOf(kind).push(kind === 'Pod' ? this.#shared(result as Projected['Pod']) : result);
  }

  #shared(projected: Projected['Pod']): Projected['Pod'] {
    return this.#interner === null ? projected : { ...projected, pod: sharePod(projected.pod, this.#interner) };
  }

  /** Everything so far, whatever the order in which it came, in the order of names. */
  snapshot(): Snapshot {
    const nodes = [...this.#of('Node')].sort(byName);
    const nodeNames = new Set(nodes.map(({ name }) => name));
    const pods = this.#of('Pod')
      .map(({ pod }) => pod)
      .filter(({ node, namespace, name }) => {
        if (node === null || nodeNames.has(node)) return true;
        const message = 'pods run on nodes that are not in the input; not used';
        this.#gaps.add('pod-on-unknown-node', message, `${namespace}/${name}`);
        return false;
      })
      .sort(byNamespaceAndName);
    const namespaces = [...this.#of('Namespace')].sort(byName);
    const snapshot: Omit<Snapshot, 'gaps'> = {
      apiVersion: API_VERSION,
      kind: 'Snapshot',
      metadata: {
        cluster: namespaces.find(({ name }) => name === 'kube-system')?.uid ?? null,
        takenAt: null,
        origin: this.#origin,
        anonymised: false,
      },
      nodes,
      pods,
      podDisruptionBudgets: [...this.#of('PodDisruptionBudget')].sort(byNamespaceAndName),
      persistentVolumes: [...this.#of('PersistentVolume')].sort(byName),
      persistentVolumeClaims: [...this.#of('PersistentVolumeClaim')].sort(byNamespaceAndName),
      storageClasses: [...this.#of('StorageClass')].sort(byName),
      csiNodes: [...this.#of('CSINode')].sort((a, b) => compareText(a.node, b.node)),
      priorityClasses: [...this.#of('PriorityClass')].sort(byName),
      owners: OWNERS.flatMap((kind): readonly Owner[] => this.#of(kind)).sort(
        (a, b) => compareText(a.kind, b.kind) || byNamespaceAndName(a, b),
      ),
      autoscalers: [...this.#of('HorizontalPodAutoscaler')].sort(byNamespaceAndName),
      podUsage: this.#byKind.has('PodMetrics') ? [...this.#of('PodMetrics')].sort(byNamespaceAndName) : null,
      namespaces: namespaces.length === 0 ? null : namespaces.map(({ name, labels }) => ({ name, labels })),
      nodePools: [...this.#of('NodePool')].sort(byName),
      nodeClaims: [...this.#of('NodeClaim')].sort(byName),
    };
    for (const [kind, consequence] of Object.entries(EXPECTED)) {
      if (!this.#byKind.has(kind as Kind))
        this.#gaps.add(`no-${kind.toLowerCase()}`, `no ${kind} in the input: ${consequence}`);
    }
    for (const kind of this.#unused) {
      this.#gaps.add('kind-not-used', 'kinds of object that restow does not use', kind);
    }
    return { ...snapshot, gaps: this.#gaps.list() };
  }

  #listOf(kind: Kind): unknown[] {
    let list = this.#byKind.get(kind);
    if (list === undefined) {
      list = [];
      this.#byKind.set(kind, list);
    }
    return list;
  }

  #of<Name extends Kind>(kind: Name): readonly Projected[Name][] {
    return (this.#byKind.get(kind) ?? []) as Projected[Name][];
  }
}

/** Projects API objects, whatever their order, into a Snapshot. */
export function projectCluster(objects: readonly ApiObject[], origin: string): Snapshot {
  const projection = new ClusterProjection(origin, new Interner());
  for (const object of objects) projection.add(object);
  return projection.snapshot();
}
