import { whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentBed } from './agent-bed.ts';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const why = whyNoNodes();

describe.skipIf(why !== null)(why ?? 'restow migrate, on real kubelets', () => {
  let bed: AgentBed;
  beforeAll(async () => {
    bed = await AgentBed.start();
    await bed.nodes.controlPlane.apply([redisSet('redis')]);
    await bed.nodes.controlPlane.kubectl(['wait', '--for=condition=Ready', 'pod/redis-0', '--timeout=60s']);
  }, COLD_MS);
  afterAll(() => bed?.stop());

  test('there', async () => {
    const dry = await bed.restow(['migrate', 'redis-0', '--dry-run']);
    console.log(dry);
    const moved = await bed.restow(['migrate', 'redis-0']);
    console.log(moved);
    for (const node of bed.nodes.nodes) console.log(bed.agentLog(node));
    console.log(await bed.nodes.controlPlane.kubectl(['get', 'pods', '-o', 'wide']));
    expect(moved.code).toBe(0);
  }, 300_000);
});
