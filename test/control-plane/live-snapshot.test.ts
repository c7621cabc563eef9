import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plan, type Snapshot, snapshotDigest } from '@restow/model';
import { kubectlCommands } from '@restow/snapshotter';
import { type ControlPlane, leftOut, startControlPlane, untilFound } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restow } from '../cli/run-restow.ts';

const COLD_MS = 20 * 60_000;
const NODES = 50;
const PODS = 600;
const why = leftOut();

describe.skipIf(why !== null)(why ?? 'a live cluster of 50 nodes and 600 pods', () => {
  let controlPlane: ControlPlane;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'restow-live-'));
    controlPlane = await startControlPlane();
    await controlPlane.apply(nodes());
    await controlPlane.apply(workloads());
    await untilSettled(controlPlane);
  }, COLD_MS);
  afterAll(async () => {
    await controlPlane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const snapshotOf = async (args: readonly string[], name: string): Promise<Snapshot> => {
    const { code, stderr } = await restow(['snapshot', ...args, '--save', join(folder, name)]);
    expect(code, stderr).toBe(0);
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Snapshot;
  };
  const targetOf = async (args: readonly string[]): Promise<Plan['target']> => {
    const { code, stdout, stderr } = await restow(['plan', ...args, '--effort', 'quick', '-o', 'json']);
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as Plan).target;
  };

  test('read live and from kubectl it is the same, and gives the same target', async () => {
    const [, ...args] = kubectlCommands().plain.split(' ');
    writeFileSync(join(folder, 'kubectl.json'), await controlPlane.kubectl(args));
    const fromKubectl = await snapshotOf(['-f', join(folder, 'kubectl.json')], 'from-kubectl.json');
    const live = await snapshotOf(['--kubeconfig', controlPlane.kubeconfig], 'live.json');
    expect(live.nodes.length).toBe(NODES);
    expect(live.pods.filter(({ node }) => node !== null).length).toBeGreaterThanOrEqual(PODS);
    expect(snapshotDigest(live)).toBe(snapshotDigest(fromKubectl));
    expect(live.gaps).toEqual(fromKubectl.gaps);
    expect(live.metadata).toMatchObject({ origin: 'live', cluster: fromKubectl.metadata.cluster });
    expect(live.metadata.cluster).toMatch(/^[0-9a-f-]{36}$/);
    const target = await targetOf(['--kubeconfig', controlPlane.kubeconfig]);
    expect(target).toEqual(await targetOf(['-f', join(folder, 'kubectl.json')]));
    expect(target.placements.some(({ from }) => from !== null)).toBe(true);
  });

  test('what is measured is read where something measures', async () => {
    const before = await snapshotOf(['--kubeconfig', controlPlane.kubeconfig], 'unmeasured.json');
    expect(before.podUsage).toBeNull();
    await controlPlane.apply([podMetricsDefinition()]);
    await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/pods.metrics.k8s.io']);
    const { namespace, name } = before.pods[0]!;
    const containers = ['100Mi', '28Mi'].map((memory) => ({
      name: memory.toLowerCase(),
      usage: { cpu: '3m', memory },
    }));
    const metrics = {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { namespace, name },
      containers,
    };
    const file = join(folder, 'kubectl-metrics.json');
    await untilFound(
      async () =>
        controlPlane.apply([metrics]).then(
          () => true,
          () => null,
        ),
      'it is served',
    );
    const live = await snapshotOf(['--kubeconfig', controlPlane.kubeconfig], 'measured.json');
    expect(live.podUsage).toEqual([{ namespace, name, memoryBytes: 128 * 2 ** 20 }]);
    writeFileSync(file, await controlPlane.kubectl(['get', 'nodes,pods,namespaces,podmetrics', '-A', '-o', 'json']));
    expect((await snapshotOf(['-f', file], 'from-metrics.json')).podUsage).toEqual(live.podUsage);
    await controlPlane.kubectl(['delete', 'crd', 'pods.metrics.k8s.io']);
  });

  test('a plan whose nodes nothing here can give back is not begun', async () => {
    const where = ['--kubeconfig', controlPlane.kubeconfig];
    const file = join(folder, 'plan.json');
    expect((await restow(['plan', ...where, '--effort', 'quick', '--save', file])).code).toBe(0);
    // Its nodes say that they are machines of AWS, where nobody is logged in.
    const env = { XDG_STATE_HOME: join(folder, 'state'), AWS_EC2_METADATA_DISABLED: 'true' };
    const { code, stderr } = await restow(['apply', file, ...where], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/nothing here can remove node-\d+ of owner eks.*beyond-reach.*nothing was begun/);
    expect(await controlPlane.kubectl(['get', 'nodes', '-o', 'json'])).not.toMatch(/restow\.dev|"unschedulable"/);
    expect((await restow(['runs'], { env })).stdout).toMatch(/no runs yet/);
  });

  test('what may not be read is a gap by name; without nodes and pods there is no snapshot, and no token in what is said', async () => {
    const { kubectl } = controlPlane;
    await kubectl(['create', 'serviceaccount', 'reader']);
    await kubectl(['create', 'clusterrole', 'few', '--verb=list', '--resource=nodes,pods,namespaces']);
    await kubectl(['create', 'clusterrolebinding', 'few', '--clusterrole=few', '--serviceaccount=default:reader']);
    const token = (await kubectl(['create', 'token', 'reader'])).trim();
    const config = JSON.parse(readFileSync(controlPlane.kubeconfig, 'utf8'));
    writeFileSync(join(folder, 'reader'), JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }));
    const few = await snapshotOf(['--kubeconfig', join(folder, 'reader')], 'few.json');
    expect(few.nodes.length).toBe(NODES);
    expect(few.gaps.map(({ code }) => code)).toContain('unreadable-poddisruptionbudget');
    await kubectl(['delete', 'clusterrolebinding', 'few']);
    const { code, stderr } = await restow(['snapshot', '--kubeconfig', join(folder, 'reader')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/api\/v1\/nodes.*403.*RESTOW_KUBE_API/);
    expect(stderr).not.toContain(token);
  });

  test('without a context of that name it says which there are', async () => {
    const { code, stderr } = await restow(['plan', '--kubeconfig', controlPlane.kubeconfig, '--context', 'nowhere']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/contexts are test/);
  });
});

function nodes(): object[] {
  const resources = { cpu: '8', memory: '32Gi', pods: '58' };
  return Array.from({ length: NODES }, (_, index) => {
    const name = `node-${String(index).padStart(2, '0')}`;
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/os': 'linux',
      'node.kubernetes.io/instance-type': 'm5.2xlarge',
      'topology.kubernetes.io/region': 'us-east-1',
      'topology.kubernetes.io/zone': `us-east-1${'abc'[index % 3]}`,
      'eks.amazonaws.com/nodegroup': 'general',
      'eks.amazonaws.com/capacityType': 'ON_DEMAND',
    };
    const spec = { providerID: `aws:///us-east-1${'abc'[index % 3]}/i-${index}` };
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec,
      status: { allocatable: resources, capacity: resources },
    };
  });
}

function workloads(): object[] {
  const workload = (kind: string, index: number, replicas: number | null, cpu: number): object => {
    const name = `${kind.toLowerCase()}-${index}`;
    const labels = { app: name };
    const container = {
      name: 'main',
      image: 'registry.example/app',
      resources: { requests: { cpu: `${cpu}m`, memory: '256Mi' } },
    };
    const spec = { automountServiceAccountToken: false, containers: [container] };
    return {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace: 'default' },
      spec: {
        ...(replicas === null ? {} : { replicas }),
        ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    };
  };
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'guard', namespace: 'default' },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'deployment-0' } } },
  };
  return [
    ...Array.from({ length: 24 }, (_, index) => workload('Deployment', index, 20, 100 + 50 * (index % 7))),
    ...Array.from({ length: 7 }, (_, index) => workload('StatefulSet', index, 10, 200)),
    workload('DaemonSet', 0, null, 50),
    budget,
  ];
}

/** Until every pod runs and nothing changes any more. */
async function untilSettled(controlPlane: ControlPlane): Promise<void> {
  let before = '';
  for (let tries = 0; tries < 120; tries++) {
    const text = await controlPlane.kubectl(['get', 'pods,replicasets,poddisruptionbudgets', '-A', '-o', 'json']);
    const { items } = JSON.parse(text) as { items: { kind: string; status?: { phase?: string } }[] };
    const pods = items.filter(({ kind }) => kind === 'Pod');
    const running = pods.filter(({ status }) => status?.phase === 'Running').length;
    if (running === pods.length && running >= PODS && text === before) return;
    before = text;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the cluster does not settle');
}

/** As the metrics server's API looks to those who read it. */
function podMetricsDefinition(): object {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'pods.metrics.k8s.io',
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for the metrics server' },
    },
    spec: {
      group: 'metrics.k8s.io',
      names: { kind: 'PodMetrics', plural: 'pods', singular: 'podmetrics', shortNames: ['podmetrics'] },
      scope: 'Namespaced',
      versions: [{ name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
