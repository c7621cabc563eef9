import { attachLimitsOf, ClusterState, refusals, viewOfNode, worldOf } from '@restow/scheduling';
import { snapshotOf } from '@restow/snapshotter';
import type { ApiConnection } from '@restow/testkit';
import { type ApiObject, ORACLE_NAMESPACES, type OracleWorld } from './world.ts';

/** Which rules of restow refuse a probe on the one node whose own resource it asks for; none: it fits. */
export function verdictsOfRestow(
  world: OracleWorld,
): Map<string, { readonly rules: string[]; readonly reason: string }> {
  const items = [...ORACLE_NAMESPACES, ...world.nodes, ...world.objects, ...world.running, ...world.probes];
  const snapshot = snapshotOf([{ name: 'generated', document: { apiVersion: 'v1', kind: 'List', items } }]);
  const limits = attachLimitsOf(snapshot);
  const state = new ClusterState(
    worldOf(snapshot),
    snapshot.nodes.map((node) => viewOfNode(node, limits)),
  );
  for (const pod of snapshot.pods) if (pod.node !== null) state.add(pod, pod.node);
  const verdicts = new Map<string, { rules: string[]; reason: string }>();
  for (const pod of snapshot.pods.filter(({ name }) => name.includes('-probe-'))) {
    if (pod.notUnderstood.length > 0)
      throw new Error(`restow does not understand the probe: ${pod.notUnderstood.join()}`);
    const at = Object.keys(pod.requests).find((name) => name.startsWith('restow.dev/at-'))!;
    const node = snapshot.nodes.find(({ allocatable }) => (allocatable[at] ?? 0) > 0)!;
    const found = refusals(pod, node.name, state);
    verdicts.set(pod.name, {
      rules: found.map(({ rule }) => rule),
      reason: found.map(({ reason }) => reason).join('; '),
    });
  }
  return verdicts;
}

interface SeenPod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  };
}

const PODS = '/api/v1/namespaces/probes/pods';

/** The real scheduler, asked one probe after the other. */
export class SchedulerOracle {
  readonly #api: ApiConnection;
  readonly #stop = new AbortController();
  readonly #seen = new Map<string, (pod: SeenPod) => void>();

  constructor(api: ApiConnection) {
    this.#api = api;
    void this.#watch();
  }

  async open(): Promise<void> {
    for (const namespace of ORACLE_NAMESPACES) await this.#create(namespace);
  }

  /** Makes a world's cluster; those of earlier worlds must be gone. */
  async build(world: OracleWorld): Promise<void> {
    await Promise.all(world.nodes.map((node) => this.#createNode(node)));
    const claims = world.objects.filter(({ kind }) => kind === 'PersistentVolumeClaim');
    await Promise.all(
      world.objects.filter(({ kind }) => kind !== 'PersistentVolumeClaim').map((one) => this.#create(one)),
    );
    await Promise.all(claims.map((one) => this.#createBound(one)));
    await Promise.all(world.running.map((one) => this.#create(one)));
  }

  /** null: it was given a node; else what the scheduler says. The probe is gone afterwards. */
  async judge(probe: ApiObject): Promise<string | null> {
    const { name } = probe.metadata;
    const decided = new Promise<string | null>((resolve) => {
      this.#seen.set(name, ({ spec, status }) => {
        if (spec.nodeName !== undefined) resolve(null);
        const refusal = status?.conditions?.find(({ type }) => type === 'PodScheduled');
        if (refusal?.status === 'False' && refusal.reason === 'Unschedulable') resolve(refusal.message ?? '');
      });
    });
    await this.#create(probe);
    const verdict = await decided;
    this.#seen.delete(name);
    await this.#delete(`${PODS}/${name}`);
    return verdict;
  }

  async clear(world: OracleWorld): Promise<void> {
    for (const namespace of ['probes', 'others']) {
      await this.#delete(`/api/v1/namespaces/${namespace}/pods`);
      await this.#delete(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
    }
    await Promise.all(world.nodes.map(({ metadata }) => this.#delete(`/api/v1/nodes/${metadata.name}`)));
    await this.#delete('/api/v1/persistentvolumes');
    await this.#delete('/apis/storage.k8s.io/v1/csinodes');
  }

  stop(): void {
    this.#stop.abort();
  }

  async #watch(): Promise<void> {
    await this.#api.watch(`${PODS}?watch=true&resourceVersion=0`, this.#stop.signal, ({ object }) => {
      const pod = object as SeenPod;
      this.#seen.get(pod.metadata.name)?.(pod);
    });
  }

  async #createNode(node: ApiObject): Promise<void> {
    const { status, ...rest } = node;
    await this.#create(rest as ApiObject);
    const path = `/api/v1/nodes/${node.metadata.name}`;
    await this.#api.call('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
    // The API server taints every node that comes; the test says which taints there are.
    await this.#api.call(
      'PATCH',
      path,
      { spec: { taints: null, ...(node.spec as object) } },
      'application/merge-patch+json',
    );
  }

  /** Bound without a controller: the phases are what it would write. */
  async #createBound(claim: ApiObject): Promise<void> {
    const { name } = claim.metadata;
    const made = await this.#create(claim);
    const { uid } = made.metadata as unknown as { uid: string };
    const merge = 'application/merge-patch+json';
    await this.#api.call('PATCH', `/api/v1/persistentvolumes/${name}`, { spec: { claimRef: { uid } } }, merge);
    await this.#api.call('PATCH', `/api/v1/persistentvolumes/${name}/status`, { status: { phase: 'Bound' } }, merge);
    const path = `/api/v1/namespaces/probes/persistentvolumeclaims/${name}/status`;
    await this.#api.call('PATCH', path, { status: { phase: 'Bound' } }, merge);
  }

  async #create(object: ApiObject): Promise<ApiObject> {
    const paths: Record<string, string> = {
      Namespace: '/api/v1/namespaces',
      Node: '/api/v1/nodes',
      Pod: `/api/v1/namespaces/${(object.metadata as { namespace?: string }).namespace}/pods`,
      PersistentVolume: '/api/v1/persistentvolumes',
      PersistentVolumeClaim: '/api/v1/namespaces/probes/persistentvolumeclaims',
      CSINode: '/apis/storage.k8s.io/v1/csinodes',
    };
    return this.#api.call('POST', paths[String(object.kind)]!, object);
  }

  async #delete(path: string): Promise<void> {
    await this.#api.call('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 });
  }
}
