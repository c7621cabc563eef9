import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '@restow/executor';
import { imageReference, untilFound, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restow } from '../cli/run-restow.ts';
import { Server } from '../serve/server.ts';
import { AgentBed } from './agent-bed.ts';
import { fillWithNoise, incrementing } from './incrementing.ts';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const MEGABYTES = 300;
/** With other tests beside it everything takes longer, the command's own start too. */
const SHORT = process.env.RESTOW_SOAK === '1' ? '30s' : '60s';
const why = whyNoNodes();

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

describe.skipIf(why !== null)(why ?? 'a node with two minutes to live, and then less', () => {
  let bed: AgentBed;
  beforeAll(async () => {
    bed = await AgentBed.start();
    await bed.nodes.controlPlane.kubectl(['label', 'nodes', '--all', 'restow.dev/agent=true']);
  }, COLD_MS);
  afterAll(() => bed?.stop());

  const kubectl = (...args: readonly string[]) => bed.nodes.controlPlane.kubectl(args);
  const pods = async (app: string) =>
    (JSON.parse(await kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json')) as { items: Pod[] }).items;
  const isReady = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined &&
    (status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false);

  test('redis keeps its connection, and everything is up elsewhere', async () => {
    const ledger = join(bed.folder, 'ledger.sqlite');
    const [first, second] = bed.nodes.nodes.map(({ name }) => name);
    await kubectl('cordon', second!);
    await bed.create(redisSet('redis'));
    const command = ['/usr/bin/sleep', '3600'];
    const container = { name: 'main', image: imageReference('redis'), imagePullPolicy: 'Never', command };
    const template = (app: string, more: object = {}) => ({
      metadata: { labels: { app } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        containers: [container],
        ...more,
      },
    });
    await bed.nodes.controlPlane.apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      },
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'work', namespace: 'default' },
        spec: { template: template('work', { restartPolicy: 'Never' }) },
      },
    ]);
    const allReady = () =>
      untilFound(
        async () => {
          const all = [...(await pods('web')), ...(await pods('work')), ...(await pods('redis'))];
          return all.length === 5 && all.every(isReady) ? true : null;
        },
        'all are ready',
        60_000,
      );
    await allReady();
    await kubectl('uncordon', second!);
    const before = await bed.pod('redis-0');
    expect(before.node).toBe(first);
    await fillWithNoise(bed.nodes.enterNetwork, before.ip, MEGABYTES);
    const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
    const isThere = async (node: string) => {
      expect((await bed.pod('redis-0')).node).toBe(node);
      await allReady();
      const others = [...(await pods('web')), ...(await pods('work'))];
      expect(others.map(({ spec }) => spec.nodeName)).toEqual([node, node, node, node]);
    };

    // What AWS Node Termination Handler writes on a node that has two minutes.
    const config = join(bed.folder, 'serve.yaml');
    await writeFile(config, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, ledger }));
    const server = new Server(['--config', config, ...bed.where], bed.env, bed.nodes.enterNetwork);
    await server.logged('it is ready', ({ msg }) => msg === 'ready');
    await kubectl('taint', 'node', first!, 'aws-node-termination-handler/spot-itn=1:PreferNoSchedule');
    const over = await server.logged('it is over', ({ msg }) => msg === 'evacuated');
    expect(over).toMatchObject({ outcome: 'target', moves: { made: 5, failed: 0 } });
    expect(await server.stop()).toBe(0);
    await isThere(second!);
    await kubectl('taint', 'node', first!, 'aws-node-termination-handler/spot-itn-');
    await kubectl('uncordon', first!);

    // And what a person says.
    const asked = ['evacuate', second!, '--within', SHORT, '--ledger', ledger, '-o', 'json'];
    const { code, stdout, stderr } = await bed.restow(asked);
    expect(code, stdout + stderr).toBe(0);
    await isThere(first!);
    const { account } = JSON.parse(stdout) as { account: Account };
    expect(account.moves).toMatchObject({ made: 5, failed: 0 });

    const told = await restow(['report', 'actions', '--ledger', ledger, '-o', 'json']);
    const { rows } = JSON.parse(told.stdout) as { rows: { action: string; what: string; to: string; problem: null }[] };
    const timeline = rows.map(
      ({ action, what }) => `${action} ${what?.replace(/-[a-z0-9]+-[a-z0-9]+$|-[a-z0-9]{5}$/, '')}`,
    );
    const moves = [
      'evict default/web',
      'evict default/web',
      'evict default/web',
      'evict default/work',
      'live default/redis-0',
    ];
    for (const [from, some] of [
      [first!, timeline.slice(0, timeline.length / 2)],
      [second!, timeline.slice(timeline.length / 2)],
    ] as const) {
      expect(some[0]).toBe(`notice ${from}`);
      expect(some.slice(2, -1).sort()).toEqual(moves);
      expect(some.at(-1)).toBe('target undefined');
    }
    expect(rows.filter(({ problem }) => problem !== null)).toEqual([]);
    expect(await restow(['ledger', 'verify', ledger])).toMatchObject({ code: 0 });
    const { answers, ...outcome } = await client.stop();
    expect(outcome).toEqual({ wrong: 0, last: answers, lostBecause: null, longestSilenceMs: expect.any(Number) });
    expect(await bed.redis('redis-0', 'dbsize')).toBe(String(MEGABYTES + 1));
    await bed.expectNothingLeft();
  });
});
