import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ApiConnection,
  type ControlPlane,
  type Karpenter,
  karpenterPrices,
  startControlPlane,
  startKarpenter,
  untilFound,
} from '@restow/testkit';
import { asRestow } from './as-restow.ts';
import { type Workloads, workloads } from './workloads.ts';

/** A cluster that Karpenter has grown for its workloads, of which half the pods have gone since. */
export interface KarpenterCluster {
  readonly controlPlane: ControlPlane;
  readonly karpenter: Karpenter;
  readonly workloads: Workloads;
  /** Options of restow's commands that name the cluster and its prices. */
  readonly where: readonly string[];
  readonly prices: readonly string[];
  nodes(): Promise<readonly NodeObject[]>;
  pods(): Promise<readonly PodObject[]>;
  /** Begins anew: no nodes; then scales everything up, so that Karpenter adds some, and down again. */
  fragment(): Promise<void>;
  stop(): Promise<void>;
}

export interface NodeObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
}
export interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface ClusterSize {
  /** Part of all kinds of workload that there are. */
  readonly part: number;
  /** Of all replicas: first, and after scaling down. */
  readonly scale: readonly [number, number];
  readonly mostCores: number;
}

export async function startKarpenterCluster({ part, scale, mostCores }: ClusterSize): Promise<KarpenterCluster> {
  const controlPlane = await startControlPlane();
  const { kubectl, folder } = controlPlane;
  const karpenter = await startKarpenter(controlPlane, { consolidateAfter: 'Never', mostCores });
  const api = await ApiConnection.open(controlPlane.kubeconfig);
  const list = async <Item>(path: string) => (await api.call<{ items: Item[] }>('GET', path)).items;
  const nodes = () => list<NodeObject>('/api/v1/nodes');
  const pods = () => list<PodObject>('/api/v1/namespaces/default/pods');
  const settled = async (count: number) => {
    const look = async (): Promise<true | null> => {
      // Asked often, and small; the pods themselves are asked for once.
      const owners = await Promise.all(['deployments', 'statefulsets'].map((kind) => list<Owner>(`${APPS}/${kind}`)));
      if (!owners.flat().every(isSettled)) return null;
      const found = await pods();
      return found.length === count && found.every(isReady) ? true : null;
    };
    await untilFound(look, `${count} pods are ready`, 300_000);
  };
  const to = async (objects: Workloads) => {
    // As a person does it: what is applied on the server's side keeps its replicas for itself.
    const list = { apiVersion: 'v1', kind: 'List', items: objects.objects };
    await kubectl(['apply', '-f', '-'], JSON.stringify(list));
    await settled(objects.pods);
  };
  const second = workloads(scale[1], part);
  const fragment = async () => {
    await to(workloads(0, part));
    const old = await karpenter.removeNodes();
    await to(workloads(scale[0], part));
    await to(second);
    await untilFound(
      async () => ((await nodes()).some(({ metadata }) => old.includes(metadata.name)) ? null : true),
      'the old nodes are gone',
    );
    // The budgets must have counted what there is now.
    await untilFound(async () => {
      type Pdb = { status: { expectedPods: number; currentHealthy: number } };
      const budgets = await list<Pdb>('/apis/policy/v1/namespaces/default/poddisruptionbudgets');
      return budgets.every(({ status }) => status.currentHealthy === status.expectedPods) ? true : null;
    }, 'the budgets have counted');
  };
  await fragment();
  const prices = join(folder, 'prices.csv');
  writeFileSync(prices, karpenterPrices());
  return {
    controlPlane,
    karpenter,
    workloads: second,
    where: ['--kubeconfig', await asRestow(controlPlane)],
    prices: ['--prices', `file:${prices}`],
    nodes,
    pods,
    fragment,
    stop: async () => {
      api.close();
      await karpenter.stop();
      await controlPlane.stop();
    },
  };
}

interface Owner {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
  };
}
const APPS = '/apis/apps/v1/namespaces/default';

function isSettled({ metadata, spec, status }: Owner): boolean {
  const { observedGeneration, replicas = 0, readyReplicas = 0 } = status;
  return observedGeneration === metadata.generation && replicas === spec.replicas && readyReplicas === spec.replicas;
}

export function isReady({ metadata, status }: PodObject): boolean {
  const ready = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return ready && metadata.deletionTimestamp === undefined;
}

/** What a run may have left on nodes, by node. */
export function marksOn(nodes: readonly NodeObject[]): string[] {
  return nodes.flatMap(({ metadata, spec }) => [
    ...(spec.unschedulable ? [`${metadata.name} is cordoned`] : []),
    ...(spec.taints ?? [])
      .filter(({ key }) => key.startsWith('restow.dev/'))
      .map(({ key }) => `${metadata.name}: ${key}`),
    ...Object.keys(metadata.annotations ?? {})
      .filter((key) => key.startsWith('restow.dev/') || key === 'karpenter.sh/do-not-disrupt')
      .map((key) => `${metadata.name}: ${key}`),
  ]);
}
