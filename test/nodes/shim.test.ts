import { cp, mkdir, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeState, writeManifest } from '@restow/agent';
import { shimBinary, startTestNodes, type TestNode, type TestNodes, untilFound, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisSet } from './objects.ts';

const COLD_MS = 20 * 60_000;
const RUNC = ['runc', '--root', '/run/containerd/runc/k8s.io'];
const why = whyNoNodes();

/** What the agents will do by themselves, done by hand: the shim's part of a move, on real kubelets. */
describe.skipIf(why !== null)(why ?? 'a pod with a ticket, on real kubelets', () => {
  let bed: TestNodes;
  beforeAll(async () => {
    bed = await startTestNodes({ runtime: await shimBinary() });
    await bed.controlPlane.apply([redisSet('redis')]);
    await bed.controlPlane.kubectl(['wait', '--for=condition=Ready', 'pod/redis-0', '--timeout=60s']);
  }, COLD_MS);
  afterAll(() => bed?.stop());

  const redis = async (...command: string[]) =>
    (await bed.controlPlane.kubectl(['exec', 'redis-0', '--', 'redis-cli', ...command])).trim();
  /** Changes with every start of the process. */
  const life = async () => /run_id:(\w+)/.exec(await redis('info', 'server'))![1]!;
  const podOf = async () =>
    JSON.parse(await bed.controlPlane.kubectl(['get', 'pod', 'redis-0', '-o', 'json'])) as {
      metadata: { uid: string };
      spec: { nodeName: string };
      status: { containerStatuses: [{ containerID: string; restartCount: number; ready: boolean }] };
    };
  const stateOf = (node: TestNode) => new NodeState(join(node.root, 'run/restow'));
  const nodeNamed = (name: string) => bed.nodes.find((node) => node.name === name)!;

  /** Freezes, checkpoints, carries over, deletes, and waits for the pod on the other node. */
  const carryOver = async (move: string, spoil: (archive: string) => Promise<void> = async () => {}) => {
    const { kubectl } = bed.controlPlane;
    const pod = await podOf();
    const { uid } = pod.metadata;
    const source = nodeNamed(pod.spec.nodeName);
    const target = bed.nodes.find((node) => node !== source)!;
    const id = pod.status.containerStatuses[0].containerID.replace('containerd://', '');
    await kubectl(['cordon', source.name]);
    await kubectl(['uncordon', target.name]);
    await stateOf(source).fence(uid, move);
    await source.exec('mkdir', '-p', `/run/restow/archives/${move}/redis/checkpoint`);
    await source.exec(...RUNC, 'pause', id);
    const image = `/run/restow/archives/${move}/redis/checkpoint`;
    const flags = ['--leave-running', '--tcp-established', '--file-locks', '--manage-cgroups-mode', 'ignore'];
    await source.exec(...RUNC, 'checkpoint', ...flags, '--image-path', image, '--work-path', '/tmp', id);
    const archive = join(target.root, `run/restow/archives/${move}`);
    await mkdir(join(archive, '..'), { recursive: true, mode: 0o700 });
    await cp(join(source.root, `run/restow/archives/${move}`), archive, { recursive: true });
    await writeManifest(join(archive, 'redis'));
    await spoil(join(archive, 'redis'));
    await stateOf(target).markReady(move);
    await stateOf(target).grant({
      move,
      pod: { namespace: 'default', name: 'redis-0', uid },
      containers: ['redis'],
      expiresAt: Date.now() + 60_000,
      waitMs: 10_000,
      restoreMs: 20_000,
      address: null,
    });
    await kubectl(['delete', 'pod', 'redis-0', '--grace-period=0', '--force', '--wait=false']);
    await untilFound(
      async () => ((await podOf().catch(() => null))?.metadata.uid === uid ? null : true),
      'it is replaced',
    );
    return { source, target, uid };
  };

  test('it comes back to life on the other node, with its memory, and its next life starts cold', async () => {
    await redis('set', 'counter', '41');
    const before = await life();
    const { source, target, uid } = await carryOver('move-1');
    await bed.controlPlane.kubectl(['wait', '--for=condition=Ready', 'pod/redis-0', '--timeout=60s']);
    const pod = await podOf();
    expect(pod.spec.nodeName).toBe(target.name);
    expect(pod.metadata.uid).not.toBe(uid);
    expect(pod.status.containerStatuses[0].restartCount).toBe(0);
    expect(await life()).toBe(before);
    expect(await redis('incr', 'counter')).toBe('42');
    // Frozen and deleted, it has gone from where it was.
    await untilFound(async () => {
      const left = await source.exec(...RUNC, 'list', '--quiet');
      return left.trim() === '' ? true : null;
    }, 'nothing is left on the source');
    await redis('shutdown', 'nosave').catch(() => {});
    const cold = await untilFound(async () => life().catch(() => null), 'it is started again');
    expect(cold).not.toBe(before);
    expect(await redis('get', 'counter')).toBe('');
    expect((await podOf()).status.containerStatuses[0].restartCount).toBe(1);
  });

  test('what was changed on the way is not restored, and not started cold either', async () => {
    await redis('set', 'counter', '7');
    const { target } = await carryOver('move-2', async (archive) => {
      const [pages] = (await readdir(join(archive, 'checkpoint'))).filter((name) => name.startsWith('pages-'));
      await truncate(join(archive, 'checkpoint', pages!), 5000);
    });
    const events = ['get', 'events', '--field-selector', 'involvedObject.name=redis-0', '-o', 'json'];
    await untilFound(
      async () =>
        /is not restored: checkpoint\/pages-\d+\.img has/.test(await bed.controlPlane.kubectl(events)) ? true : null,
      'kubelet says why',
    );
    await untilFound(
      async () => (/is fenced: nothing of it is started/.test(await bed.controlPlane.kubectl(events)) ? true : null),
      'kubelet tries again and is refused',
    );
    expect((await podOf()).status.containerStatuses[0].ready).toBe(false);
    // Somebody decides that it shall start cold.
    await stateOf(target).unfence((await podOf()).metadata.uid);
    await bed.controlPlane.kubectl(['wait', '--for=condition=Ready', 'pod/redis-0', '--timeout=60s']);
    expect(await redis('get', 'counter')).toBe('');
  });
});
