import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ApiConnection, type ControlPlane, startControlPlane } from '@restow/testkit';

/**
 * Reads a cluster of many pods from a real API server in three ways, each in a process of its own, and prints their time
 * and memory: the same pages unparsed, restow's live snapshot, the typed client.
 */
const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '100000' },
    nodes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const READER = fileURLToPath(new URL('reader.ts', import.meta.url));
const WAYS = ['unparsed', 'restow', 'typed'] as const;
const CONNECTIONS = 40;

interface Reading {
  readonly ms: number;
  readonly heapMib: number;
  readonly residentMib: number;
  readonly pods: number;
}

const controlPlane = await startControlPlane({ controllerManager: false, scheduler: false, kwok: false });
try {
  const [nodes, pods] = [Number(values.nodes), Number(values.pods)];
  await fill(controlPlane, nodes, pods);
  const best = new Map<string, Reading>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const way of WAYS) {
      const reading = await read(way, controlPlane.kubeconfig);
      if (reading.pods !== pods) throw new Error(`${way} has read ${reading.pods} pods`);
      const before = best.get(way);
      if (before === undefined || reading.ms < before.ms) best.set(way, reading);
    }
  }
  const base = best.get('unparsed')!.ms;
  process.stdout.write('| way | s | of unparsed | heap MiB | resident MiB |\n| --- | --- | --- | --- | --- |\n');
  for (const [way, { ms, heapMib, residentMib }] of best) {
    const cells = [way, (ms / 1000).toFixed(1), (ms / base).toFixed(2), heapMib.toFixed(0), residentMib.toFixed(0)];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
} finally {
  await controlPlane.stop();
}

async function read(way: string, kubeconfig: string): Promise<Reading> {
  const child = spawn(process.execPath, ['--expose-gc', READER, way, kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(text) as Reading;
}

async function fill({ kubeconfig }: ControlPlane, nodes: number, pods: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => ApiConnection.open(kubeconfig)));
  const each = async (count: number, path: string, make: (index: number) => object) => {
    let next = 0;
    await Promise.all(
      connections.map(async (api) => {
        while (next < count) await api.call('POST', path, make(next++));
      }),
    );
  };
  await each(nodes, '/api/v1/nodes', makeNode);
  await each(pods, '/api/v1/namespaces/default/pods', (index) => makePod(index, nodes));
  for (const api of connections) api.close();
}

function makeNode(index: number): object {
  const resources = { cpu: '64', memory: '256Gi', pods: '250' };
  const name = `node-${index}`;
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `us-east-1${'abc'[index % 3]}` };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: { allocatable: resources, capacity: resources },
  };
}

/** As a real one is: about 4 KB, with annotations, several containers' environment and a volume. */
function makePod(index: number, nodes: number): object {
  const app = `app-${Math.floor(index / 50)}`;
  const env = Array.from({ length: 18 }, (_, one) => ({ name: `SETTING_${one}`, value: `value-of-${app}-${one}` }));
  const container = (name: string) => ({
    name,
    image: `registry.example/${app}/${name}:1.2.3`,
    env,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
    volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: `uid-${app}`, controller: true };
  const labels = { app, 'pod-template-hash': '5d9f8c7b6', team: `team-${index % 40}` };
  const spread = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${index}`,
      labels,
      annotations: { 'example.com/checksum': 'a'.repeat(64), 'example.com/owner': `team-${index % 40}` },
      ownerReferences: [owner],
    },
    spec: {
      automountServiceAccountToken: false,
      nodeName: `node-${index % nodes}`,
      containers: [container('main'), container('proxy')],
      topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: { app } } }],
      volumes: [{ name: 'config', configMap: { name: app } }],
    },
  };
}
