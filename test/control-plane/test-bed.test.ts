import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, leftOut, startControlPlane, untilFound } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const COLD_MS = 20 * 60_000;
const BED = fileURLToPath(new URL('start-and-wait.ts', import.meta.url));

const why = leftOut();

describe.skipIf(why !== null)(why ?? 'the test bed', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane();
  }, COLD_MS);
  afterAll(() => controlPlane?.stop());

  test('a Deployment gets its pods, the scheduler places them, and they run on nodes that KWOK plays', async () => {
    const node = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: {
        allocatable: { cpu: '4', memory: '8Gi', pods: '20' },
        capacity: { cpu: '4', memory: '8Gi', pods: '20' },
      },
    });
    await controlPlane.apply([node('one'), node('two')]);
    // Both, or the first one ready gets every pod.
    await controlPlane.kubectl(['wait', '--for', 'condition=Ready', 'node', '--all', '--timeout=60s']);
    const labels = { app: 'web' };
    const container = { name: 'web', image: 'registry.example/web', resources: { requests: { cpu: '500m' } } };
    await controlPlane.apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          replicas: 6,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { automountServiceAccountToken: false, containers: [container] },
          },
        },
      },
    ]);
    const placed = await untilFound(async () => {
      const { items } = JSON.parse(await controlPlane.kubectl(['get', 'pods', '-o', 'json'])) as {
        items: { spec: { nodeName?: string }; status: { phase: string } }[];
      };
      return items.length === 6 && items.every(({ status }) => status.phase === 'Running') ? items : null;
    }, 'the pods run');
    expect(new Set(placed.map(({ spec }) => spec.nodeName))).toEqual(new Set(['one', 'two']));
  });

  test('a bed dies with the process that started it, however that ends', async () => {
    const child = spawn(process.execPath, [BED], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pids = await new Promise<number[]>((resolve) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(JSON.parse(text)));
    });
    expect(pids.length).toBeGreaterThanOrEqual(2);
    child.kill('SIGKILL');
    await untilFound(async () => (pids.some((pid) => existsSync(`/proc/${pid}`)) ? null : true), 'the bed is dead');
  });
});
