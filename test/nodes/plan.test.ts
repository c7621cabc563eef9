import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '@restow/model';
import { whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountOf } from '../apply/apply-runs.ts';
import { MachineSets } from '../control-plane/machine-sets.ts';
import { AgentBed } from './agent-bed.ts';
import { fillWithNoise, incrementing } from './incrementing.ts';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const TEST_MS = 180_000;
const PRICES = `instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour
cheap,,on-demand,amd64,2000,8192,110,0,0.1000
dear,,on-demand,amd64,2000,8192,110,0,0.9000
`;
const why = whyNoNodes();

describe.skipIf(why !== null)(
  why ?? 'a plan that empties a node, on real kubelets',
  () => {
    let bed: AgentBed;
    let machineSets: MachineSets;
    beforeAll(async () => {
      bed = await AgentBed.start();
      machineSets = await MachineSets.start(bed.nodes.controlPlane);
    }, COLD_MS);
    afterAll(async () => {
      await machineSets?.stop();
      await bed?.stop();
    });

    test('restow apply moves its database live, and gives the node back', async () => {
      const { kubectl } = bed.nodes.controlPlane;
      await machineSets.adopt('pool', ['n1', 'n2']);
      for (const [node, type] of [
        ['n1', 'cheap'],
        ['n2', 'dear'],
      ] as const) {
        await kubectl(['label', 'node', node, 'restow.dev/agent=true', `node.kubernetes.io/instance-type=${type}`]);
      }
      const prices = join(bed.folder, 'prices.csv');
      await writeFile(prices, PRICES);
      await kubectl(['cordon', 'n1']);
      await bed.create(redisSet('kept'));
      await kubectl(['uncordon', 'n1']);
      const before = await bed.pod('kept-0');
      await fillWithNoise(bed.nodes.enterNetwork, before.ip, 20);
      expect(before.node).toBe('n2');
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');

      const file = join(bed.folder, 'plan.json');
      const known = ['--prices', `file:${prices}`];
      const planned = await bed.restow(['plan', ...known, '--only-remove', '--save', file]);
      expect(planned.code, planned.stderr).toBe(0);
      const plan = JSON.parse(await readFile(file, 'utf8')) as Plan;
      const move = plan.target.placements.find(({ name }) => name === 'kept-0');
      expect(move, planned.stdout).toMatchObject({ from: 'n2', node: 'n1', method: 'live' });

      const account = accountOf(await bed.restow(['apply', file, ...known, '-o', 'json']));
      expect(account, JSON.stringify(account.reasons)).toMatchObject({ outcome: 'target', moves: { made: 1 } });
      expect(account.movedBytes).toBeGreaterThan(20 * 2 ** 20);
      const { answers, last, lostBecause } = await client.stop();
      expect({ last, lostBecause }).toEqual({ last: answers, lostBecause: null });
      const { node, restarts, ip } = await bed.pod('kept-0');
      expect({ node, restarts, ip }).toEqual({ node: 'n1', restarts: 0, ip: before.ip });
      expect(await kubectl(['get', 'nodes', '-o', 'name'])).toBe('node/n1\n');
    });
  },
  TEST_MS,
);
