import { type ControlPlane, untilFound } from '@restow/testkit';
import { isReady, type PodObject } from '../apply/karpenter-cluster.ts';

/** How many of each kind there are in all; every one of them runs on a node that shall go. */
export interface Crowd {
  readonly statefulSets: number;
  readonly statefulReplicas: number;
  readonly deployments: number;
  readonly replicas: number;
  readonly singles: number;
}

export function podsOf(crowd: Crowd): number {
  const { statefulSets, statefulReplicas, deployments, replicas, singles } = crowd;
  return statefulSets * statefulReplicas + deployments * replicas + singles;
}

/** Nodes that shall go, full of pods, and empty ones beside them, as an instance of EC2 each. */
export async function crowd(controlPlane: ControlPlane, going: number, staying: number, of: Crowd): Promise<void> {
  const { apply, kubectl } = controlPlane;
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  await apply([...names('going', going), ...names('staying', staying)].map(nodeObject));
  await untilFound(
    async () =>
      (await kubectl(['get', 'nodes'])).split('\n').filter((line) => / Ready /.test(line)).length === going + staying
        ? true
        : null,
    'all nodes are ready',
  );
  for (const name of names('staying', staying)) await kubectl(['cordon', name]);
  await apply([
    ...names('stateful', of.statefulSets).flatMap((name) => [
      workload('StatefulSet', name, of.statefulReplicas),
      budget(name),
    ]),
    ...names('web', of.deployments).flatMap((name) => [workload('Deployment', name, of.replicas), budget(name)]),
    ...names('single', of.singles).map((name) => workload('Deployment', name, 1)),
  ]);
  await untilFound(
    async () => {
      const pods = await readPods(controlPlane);
      return pods.length === podsOf(of) && pods.every(isReady) ? true : null;
    },
    'all pods run',
    180_000,
  );
  for (const name of names('staying', staying)) await kubectl(['uncordon', name]);
}

export async function readPods({ kubectl }: ControlPlane): Promise<readonly PodObject[]> {
  return (JSON.parse(await kubectl(['get', 'pods', '-o', 'json'])) as { items: PodObject[] }).items;
}

function nodeObject(name: string): object {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node.kubernetes.io/instance-type': 'm5.4xlarge',
    'topology.kubernetes.io/zone': 'us-east-1a',
    'topology.kubernetes.io/region': 'us-east-1',
  };
  const spec = { providerID: `aws:///us-east-1a/i-${name.replace('-', '')}` };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec };
}

function workload(kind: 'Deployment' | 'StatefulSet', name: string, replicas: number): object {
  const labels = { app: name };
  const container = {
    name: 'main',
    image: 'registry.example/app',
    resources: { requests: { cpu: '100m', memory: kind === 'StatefulSet' ? '1Gi' : '256Mi' } },
  };
  const pod = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 1, containers: [container] };
  const more = kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {};
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...more },
  };
}

function budget(app: string): object {
  const spec = { maxUnavailable: 3, selector: { matchLabels: { app } } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: app, namespace: 'default' }, spec };
}
