import {
  EvictionMover,
  KarpenterNodes,
  KubeApi,
  KubeConnection,
  KubeNodeMarker,
  MoverByMethod,
  NodeManagers,
  SurgeMover,
} from '@restow/kube';
import { LiveView } from '@restow/snapshotter';
import {
  type ClusterHarness,
  type ControlPlane,
  clusterContract,
  type Karpenter,
  leftOut,
  startControlPlane,
  startKarpenter,
  untilFound,
} from '@restow/testkit';
import { afterAll, beforeAll, describe } from 'vitest';

const COLD_MS = 20 * 60_000;
const SIGNAL = new AbortController().signal;
const why = leftOut();

/** The adapters that talk to an API server, on a real control plane with a real Karpenter. */
describe.skipIf(why !== null)(why ?? 'on a real cluster', () => {
  let controlPlane: ControlPlane;
  let karpenter: Karpenter;
  beforeAll(async () => {
    controlPlane = await startControlPlane();
    karpenter = await startKarpenter(controlPlane, { consolidateAfter: 'Never' });
  }, COLD_MS);
  afterAll(async () => {
    await karpenter?.stop();
    await controlPlane?.stop();
  });

  let harnesses = 0;
  clusterContract('Kubernetes with Karpenter', async (): Promise<ClusterHarness> => {
    const { kubectl, apply, kubeconfig } = controlPlane;
    const namespace = `contract-${++harnesses}`;
    const connection = await KubeConnection.open({ kubeconfig });
    const api = new KubeApi(connection, { fieldManager: 'restow', dryRun: false, fence: () => {} });
    const nodes = new NodeManagers(api, [new KarpenterNodes(api, Date.now)], Date.now);
    const order = (token: string) => ({
      token: `${namespace}-${token}`,
      instanceType: 'm-4x',
      zone: 'zone-a',
      capacityType: 'on-demand' as const,
      arch: 'amd64',
      group: 'general',
      unpreferred: false,
    });
    // The harness's tokens are one cluster's, and there is a cluster for each only here by name.
    const named = {
      launch: (given: Parameters<typeof nodes.launch>[0], signal: AbortSignal) => nodes.launch(given, signal),
      nodeOf: (token: string, signal: AbortSignal) => nodes.nodeOf(`${namespace}-${token}`, signal),
      release: (token: string, signal: AbortSignal) => nodes.release(`${namespace}-${token}`, signal),
      remove: nodes.remove.bind(nodes),
      keep: nodes.keep.bind(nodes),
    };
    await apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      unknownNode(`unknown-${namespace}`),
    ]);
    const tokens = ['one', 'two', 'empty'] as const;
    await Promise.all(tokens.map((token) => nodes.launch(order(token), SIGNAL)));
    const joined = async (token: string): Promise<string> => {
      const name = await untilFound(async () => {
        const found = await nodes.nodeOf(`${namespace}-${token}`, SIGNAL);
        return found.ok && found.node !== null ? found.node.name : null;
      }, `node ${token} joins`);
      const initialized = 'jsonpath={.metadata.labels.karpenter\\.sh/initialized}=true';
      await kubectl(['wait', '--for', initialized, `node/${name}`, '--timeout=60s']);
      return name;
    };
    const [, , empty] = (await Promise.all(tokens.map(joined))) as [string, string, string];
    await kubectl(['cordon', empty]);
    const items = [deployment(namespace, 'app', 3), deployment(namespace, 'guarded', 1), budget(namespace)];
    // As a person does it: what is applied on the server's side keeps its replicas for itself.
    await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const pods = await untilFound(async () => {
      const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as { items: Pod[] };
      return items.length === 4 && items.every(isReady) ? items : null;
    }, 'the pods are ready');
    await untilFound(async () => {
      const healthy = 'jsonpath={.status.currentHealthy}';
      return (await kubectl(['get', 'pdb', 'guard', '-n', namespace, '-o', healthy])) === '1' ? true : null;
    }, 'the budget has counted its pod');
    await kubectl(['uncordon', empty]);
    const podOf = (app: string) => pods.find(({ metadata }) => metadata.labels.app === app)!;
    const view = await LiveView.open(connection, Date.now, SIGNAL);
    return {
      view,
      marker: new KubeNodeMarker(api),
      nodes: named,
      mover: new MoverByMethod([new EvictionMover(api, Date.now), new SurgeMover(api, Date.now)]),
      movable: podOf('app').metadata.name,
      protectedPod: podOf('guarded').metadata.name,
      emptyNode: empty,
      unknownNode: `unknown-${namespace}`,
      busyNode: podOf('app').spec.nodeName!,
      order,
      orderWithoutCapacity: (token) => ({ ...order(token), group: 'rare' }),
      wait: (work) => work,
      close: async () => {
        await view.close();
        await connection.close();
        await kubectl(['delete', 'namespace', namespace, '--wait=false']);
        await kubectl(['delete', 'pods', '--all', '-n', namespace, '--wait=false']);
        await karpenter.removeNodes();
        await kubectl(['delete', 'node', `unknown-${namespace}`, '--ignore-not-found']);
      },
    };
  });
});

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: { readonly app: string } };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}

function deployment(namespace: string, app: string, replicas: number): object {
  const labels = { app };
  const requests = { cpu: '100m', memory: '64Mi' };
  const container = { name: 'main', image: 'registry.example/app', resources: { requests } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  };
}

function budget(namespace: string): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'guard', namespace },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  };
}

function unknownNode(name: string): object {
  const resources = { cpu: '4', memory: '8Gi', pods: '20' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { taints: [{ key: 'keep', value: 'out', effect: 'NoSchedule' }] },
    status: { allocatable: resources, capacity: resources },
  };
}
