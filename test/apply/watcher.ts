import { ApiConnection } from '@restow/testkit';

interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
}
interface Pod {
  readonly metadata: Metadata;
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
interface Budget {
  readonly metadata: Metadata;
  readonly spec: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly selector: { readonly matchLabels: { readonly app: string } };
  };
}

export interface DeletedPod {
  readonly name: string;
  readonly owner: string;
  readonly node: string | null;
}

export interface WatchedNode {
  readonly labels: Readonly<Record<string, string>>;
  readonly addedAt: number | null;
  readonly goneAt: number | null;
}

/**
 * Looks on from outside, by watches of its own, and writes down whatever must never happen: a budget below its minimum,
 * a workload below its ready floor, a StatefulSet's pod twice, a node removed with a pod on it.
 */
export class Watcher {
  readonly problems: string[] = [];
  readonly #pods = new Map<string, Pod>();
  readonly #budgets: readonly Budget[];
  readonly #replicas: ReadonlyMap<string, number>;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>[] = [];
  readonly #api: ApiConnection;
  /** Pods that were asked to go, or went unasked, by UID. */
  readonly deletedPods = new Map<string, DeletedPod>();
  /** Every node that was there, by UID: since when, if that was seen, and until when. */
  readonly nodes = new Map<string, WatchedNode>();
  #removedNodes = 0;
  #isComplete = false;

  private constructor(api: ApiConnection, budgets: readonly Budget[], replicas: ReadonlyMap<string, number>) {
    this.#api = api;
    this.#budgets = budgets;
    this.#replicas = replicas;
  }

  /** `replicas`: of each `kind/name`; every one of them may be a pod short at a time. */
  static async open(kubeconfig: string, replicas: ReadonlyMap<string, number>): Promise<Watcher> {
    const api = await ApiConnection.open(kubeconfig);
    const { items } = await api.call<{ items: Budget[] }>(
      'GET',
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    );
    const watcher = new Watcher(api, items, replicas);
    await watcher.#watch('/api/v1/namespaces/default/pods', (type, object) => watcher.#onPod(type, object as Pod));
    await watcher.#watch('/api/v1/nodes', (type, object) => {
      watcher.#onNode(type, (object as { metadata: Metadata }).metadata);
    });
    watcher.#isComplete = true;
    return watcher;
  }

  get removedNodes(): number {
    return this.#removedNodes;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
    this.#api.close();
  }

  async #watch(path: string, onEvent: (type: string, object: unknown) => void): Promise<void> {
    const { metadata, items } = await this.#api.call<{ metadata: { resourceVersion: string }; items: unknown[] }>(
      'GET',
      path,
    );
    for (const item of items) onEvent('ADDED', item);
    let version = metadata.resourceVersion;
    const follow = async () => {
      while (!this.#stop.signal.aborted) {
        const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${version}`;
        await this.#api
          .watch(`${path}?${query}`, this.#stop.signal, ({ type, object }) => {
            version = (object as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
            if (type !== 'BOOKMARK') onEvent(type, object);
          })
          // The API server may go away; what it has done meanwhile it tells afterwards.
          .catch(() => new Promise((resolve) => setTimeout(resolve, 200)));
      }
    };
    this.#watching.push(follow());
  }

  #onPod(type: string, pod: Pod): void {
    const { uid, name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || type === 'DELETED') {
      const owner = pod.metadata.ownerReferences?.[0]?.uid ?? '';
      this.deletedPods.set(uid, { name, owner, node: pod.spec.nodeName ?? null });
    }
    if (type === 'ADDED' && isStateful(pod)) {
      const twin = [...this.#pods.values()].find(({ metadata }) => metadata.name === name && metadata.uid !== uid);
      if (twin !== undefined) this.problems.push(`${name} is there twice`);
    }
    if (type === 'DELETED') this.#pods.delete(uid);
    else this.#pods.set(uid, pod);
    this.#check(pod.metadata.labels?.app ?? '');
  }

  #check(app: string): void {
    // One after the other they are heard of at first.
    if (!this.#isComplete) return;
    const healthy = [...this.#pods.values()].filter((pod) => pod.metadata.labels?.app === app && isHealthy(pod)).length;
    const wanted = [...this.#replicas].find(([name]) => name.endsWith(`/${app}`))?.[1];
    if (wanted === undefined) return;
    for (const { metadata, spec } of this.#budgets) {
      if (spec.selector.matchLabels.app !== app) continue;
      const minimum = minimumOf(spec, wanted);
      if (healthy < minimum) this.problems.push(`budget ${metadata.name}: ${healthy} healthy, at least ${minimum}`);
    }
    if (healthy < wanted - 1) this.problems.push(`${app}: ${healthy} of ${wanted} ready`);
  }

  #onNode(type: string, { uid, name, labels = {} }: Metadata): void {
    const known = this.nodes.get(uid);
    const addedAt = known === undefined && this.#isComplete ? Date.now() : (known?.addedAt ?? null);
    this.nodes.set(uid, { labels, addedAt, goneAt: type === 'DELETED' ? Date.now() : null });
    if (type === 'DELETED') this.#onNodeGone(name);
  }

  #onNodeGone(name: string): void {
    this.#removedNodes++;
    const left = [...this.#pods.values()].filter(
      ({ spec, metadata }) => spec.nodeName === name && metadata.deletionTimestamp === undefined,
    );
    for (const { metadata } of left) this.problems.push(`node ${name} was removed with ${metadata.name} on it`);
  }
}

function isStateful({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'StatefulSet') ?? false;
}

function isHealthy({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return ready && metadata.deletionTimestamp === undefined;
}

/** As the disruption controller counts: percentages are rounded up. */
function minimumOf({ minAvailable, maxUnavailable }: Budget['spec'], wanted: number): number {
  const scaled = (value: number | string) =>
    typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * wanted) / 100);
  return minAvailable === undefined ? wanted - scaled(maxUnavailable ?? 0) : scaled(minAvailable);
}
