import { whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentBed } from './agent-bed.ts';
import { incrementing } from './incrementing.ts';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const MEBIBYTE = 2 ** 20;
const why = whyNoNodes();

describe.skipIf(why !== null)(
  why ?? 'restow migrate, on real kubelets',
  () => {
    let bed: AgentBed;
    beforeAll(async () => {
      bed = await AgentBed.start();
    }, COLD_MS);
    afterAll(() => bed?.stop());

    test.each([10, 100, 500])(
      'redis with %i MB goes there and back twice, and its client does not notice',
      async (megabytes) => {
        const name = `redis-${megabytes}`;
        await bed.create(redisSet(name));
        await bed.fill(`${name}-0`, megabytes);
        const before = await bed.pod(`${name}-0`);
        const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
        const nodes = [before.node];
        for (let hop = 0; hop < 4; hop++) {
          const { code, stdout, stderr } = await bed.restow(['migrate', `${name}-0`]);
          expect(code, `${stdout}${stderr}`).toBe(0);
          if (process.env.SHOW) console.log(stdout);
          nodes.push((await bed.pod(`${name}-0`)).node);
        }
        const { answers, ...outcome } = await client.stop();
        const after = await bed.pod(`${name}-0`);
        expect(nodes).toEqual([0, 1, 0, 1, 0].map((index) => [before.node, bed.otherThan(before.node).name][index]));
        expect(outcome).toEqual({ wrong: 0, last: answers, lostBecause: null, longestSilenceMs: expect.any(Number) });
        expect(answers).toBeGreaterThan(100);
        expect({ ...after, uid: '' }).toEqual({ ...before, uid: '' });
        expect(after.uid).not.toBe(before.uid);
        expect(await bed.redis(`${name}-0`, 'dbsize')).toBe(String(megabytes + 1));
        await bed.remove(redisSet(name));
      },
    );
    void MEBIBYTE;
  },
  COLD_MS,
);
