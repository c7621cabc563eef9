import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shimBinary, startTestNodes, type TestNodes, untilFound, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const run = promisify(execFile);
const why = whyNoNodes();

describe.skipIf(why !== null)(why ?? 'two real kubelets', () => {
  let bed: TestNodes;
  beforeAll(async () => {
    bed = await startTestNodes({ runtime: await shimBinary() });
  }, COLD_MS);
  afterAll(() => bed?.stop());

  test('a pod of a StatefulSet runs on a node, has a log and takes commands', async () => {
    const { kubectl, apply } = bed.controlPlane;
    await apply([redisSet('redis')]);
    await kubectl(['wait', '--for=condition=Ready', 'pod/redis-0', '--timeout=60s']);
    expect(await kubectl(['logs', 'redis-0'])).toMatch(/Ready to accept connections/);
    expect(await kubectl(['exec', 'redis-0', '--', 'redis-cli', 'incr', 'counter'])).toMatch(/1/);
  });

  test('pods are peers of each other and of who is on their network', async () => {
    const { kubectl } = bed.controlPlane;
    const ip = await kubectl(['get', 'pod', 'redis-0', '-o', 'jsonpath={.status.podIP}']);
    expect(ip).toMatch(/^10\.66\.[12]\.\d+$/);
    for (const enter of [bed.enterNetwork, ...bed.nodes.map((node) => node.enter)]) {
      const client = `const s=require('net').connect(6379,'${ip}',()=>s.write('PING\\r\\n'));s.on('data',d=>{console.log(String(d));s.end()})`;
      const [command, ...args] =
        enter === bed.enterNetwork
          ? [...enter, process.execPath, '-e', client]
          : [...enter, 'redis-cli', '-h', ip, 'PING'];
      expect((await run(command!, args, { timeout: 10_000 })).stdout).toMatch(/PONG/);
    }
  });

  test('a folder that all nodes share is a volume on each', async () => {
    writeFileSync(join(bed.shared, 'hello'), 'from the test');
    for (const node of bed.nodes) expect(await node.exec('cat', '/shared/hello')).toBe('from the test');
  });

  test('a container that crashes is started again by its kubelet', async () => {
    const { kubectl } = bed.controlPlane;
    await kubectl(['exec', 'redis-0', '--', 'redis-cli', 'shutdown', 'nosave']).catch(() => {});
    const restarts = ['get', 'pod', 'redis-0', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'];
    await untilFound(async () => ((await kubectl(restarts)) === '1' ? true : null), 'it is started again');
  });
});
