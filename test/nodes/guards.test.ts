import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeState } from '@restow/agent';
import { ApiConnection, untilFound, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentBed } from './agent-bed.ts';
import { incrementing } from './incrementing.ts';
import { SHARED_VOLUME, witnessedRedis } from './objects.ts';

const COLD_MS = 20 * 60_000;
const TEST_MS = 180_000;
const GATED_MOVE = fileURLToPath(new URL('gated-move.ts', import.meta.url));
const RUNC = ['runc', '--root', '/run/containerd/runc/k8s.io'];
const why = whyNoNodes();

describe.skipIf(why !== null)(
  why ?? 'what guards a pod that is moved live, on real kubelets',
  () => {
    let bed: AgentBed;
    beforeAll(async () => {
      bed = await AgentBed.start();
      await bed.nodes.controlPlane.apply(SHARED_VOLUME);
    }, COLD_MS);
    afterAll(() => bed?.stop());

    const kubectl = (...args: readonly string[]) => bed.nodes.controlPlane.kubectl(args);
    const starts = async (name: string) =>
      (await readFile(join(bed.nodes.shared, name), 'utf8')).split('\n').length - 1;

    test('doctor says what each node can, and why not', async () => {
      const { code, stdout, stderr } = await bed.restow(['doctor']);
      expect(code, stderr).toBe(0);
      for (const node of ['n1', 'n2']) {
        for (const method of ['evict', 'surge', 'live'])
          expect(stdout).toMatch(new RegExp(`${node} +${method} +can\n`));
      }
      const [node] = bed.nodes.nodes;
      await bed.killAgent(node!);
      expect((await bed.restow(['doctor'])).stdout).toMatch(/n1 +live +cannot +its agent does not answer/);
      await bed.startAgent(node!);
      // Without its plugin a pod could not keep its address here.
      const network = join(node!.root, 'etc/cni/net.d/10-fabric.conflist');
      const config = await readFile(network, 'utf8');
      await writeFile(network, config.replace('restow-cni', 'bridge'));
      expect((await bed.restow(['doctor'])).stdout).toMatch(/n1 +live +cannot +no network configuration/);
      await writeFile(network, config);
    });

    test('the address goes with the pod, is nobody else’s meanwhile, and goes back when the pod is gone', async () => {
      const set = witnessedRedis('address');
      await bed.create(set);
      const before = await bed.pod('address-0');
      // Peers that know it would go on sending there.
      const macOf = () => kubectl('exec', 'address-0', '--', 'cat', '/sys/class/net/eth0/address');
      const mac = await macOf();
      const reservation = join(bed.node(before.node).root, 'var/lib/cni/fabric', before.ip);
      await bed.migrate('address-0');
      await kubectl('wait', '--for=condition=Ready', 'pod/address-0', '--timeout=30s');
      // A peer that had no connection, and a second at most.
      const peer = ['timeout', '1', 'bash', '-c', `exec 3<>/dev/tcp/${before.ip}/6379; echo PING >&3; head -n1 <&3`];
      expect(await bed.onNetwork(...peer)).toMatch(/PONG/);
      expect(await macOf()).toBe(mac);
      await expect(readFile(reservation)).resolves.toBeTruthy();
      await bed.remove(set);
      await untilFound(
        async () =>
          readFile(reservation).then(
            () => null,
            () => true,
          ),
        'the address is free again',
      );
      const records = join(bed.node(before.node).root, 'var/lib/restow/addresses');
      expect(await readdir(records)).toEqual([]);
    });

    test('nothing of a fenced pod is started, whatever its kubelet wants', async () => {
      const set = witnessedRedis('fenced');
      await bed.create(set);
      const { node: name, uid } = await bed.pod('fenced-0');
      const node = bed.node(name);
      const fences = new NodeState(join(node.root, 'run/restow'));
      await fences.fence(uid, 'move');
      const killed: string[] = [];
      for (const id of (await node.exec(...RUNC, 'list', '--quiet')).trim().split('\n')) {
        const config = await node.exec('cat', `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`);
        if (!/"io.kubernetes.cri.container-name":"redis"/.test(config)) continue;
        await node.exec(...RUNC, 'kill', id, 'KILL');
        killed.push(id);
      }
      expect(killed).toHaveLength(1);
      await untilFound(
        async () =>
          /is fenced: nothing of it is started/.test(await kubectl('get', 'events', '-o', 'json')) ? true : null,
        'kubelet has tried',
      );
      expect(await starts('fenced')).toBe(1);
      await fences.unfence(uid);
      await untilFound(async () => ((await starts('fenced')) === 2 ? true : null), 'without the fence it is started');
      await bed.remove(set);
    });

    test('a command that is killed at any point of a move is gone on with', async () => {
      const set = witnessedRedis('killed');
      await bed.create(set);
      const before = await bed.pod('killed-0');
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
      for (const phase of ['prepare', 'frozen', 'checkpointed', 'deleted', 'sent', 'restored']) {
        const { node } = await bed.pod('killed-0');
        const broken = await bed.restow(['migrate', 'killed-0'], { killAt: new RegExp(` ${phase}`) });
        expect(broken.code, broken.stdout).toBe(null);
        const runs = JSON.parse((await bed.restow(['runs', '-o', 'json'])).stdout) as { run: string; state: string }[];
        const { run } = runs.find(({ state }) => state === 'broken-off')!;
        const resumed = await bed.restow(['apply', '--resume', run, '-o', 'json']);
        expect(resumed.code, `${phase}: ${resumed.stdout}${resumed.stderr}`).toBe(0);
        const after = await bed.pod('killed-0');
        expect(after.node, phase).not.toBe(node);
        expect(after.restarts).toBe(0);
      }
      const { answers, last, lostBecause } = await client.stop();
      expect({ last, lostBecause }).toEqual({ last: answers, lostBecause: null });
      expect(await starts('killed')).toBe(1);
      await bed.expectNothingLeft();
      await bed.remove(set);
    });

    test('an agent that is killed on the way is gone on with by the next', async () => {
      const set = witnessedRedis('agents');
      await bed.create(set);
      const before = await bed.pod('agents-0');
      await bed.fill('agents-0', 50);
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
      for (const [phase, end] of [
        ['frozen', 'source'],
        ['deleted', 'source'],
        ['deleted', 'target'],
      ] as const) {
        const { node } = await bed.pod('agents-0');
        const victim = end === 'source' ? bed.node(node) : bed.otherThan(node);
        const seen = bed.untilSeen(new RegExp(` ${phase}`));
        const ending = bed.restow(['migrate', 'agents-0'], seen);
        const tooEarly = ending.then((outcome) => Promise.reject(new Error(`it ended: ${JSON.stringify(outcome)}`)));
        tooEarly.catch(() => {});
        await Promise.race([seen.promise, tooEarly]);
        await bed.killAgent(victim);
        await bed.startAgent(victim);
        const { code, stdout, stderr } = await ending;
        const after = await bed.pod('agents-0');
        // It went, or it is where it was; never anything else.
        expect([0, 1], stderr).toContain(code);
        expect(after.node, stdout).toBe(code === 0 ? bed.otherThan(node).name : node);
        expect(after.restarts).toBe(0);
        await bed.expectNothingLeft();
      }
      const { answers, last, lostBecause } = await client.stop();
      expect({ last, lostBecause }).toEqual({ last: answers, lostBecause: null });
      expect(await starts('agents')).toBe(1);
      await bed.remove(set);
    });

    test('a pod whose archive is too large to be waited for is kept back until that is there', async () => {
      const set = witnessedRedis('gated');
      await bed.create(set);
      const before = await bed.pod('gated-0');
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
      const to = bed.otherThan(before.node).name;
      const where = [bed.nodes.controlPlane.kubeconfig, 'gated-0', before.node, to];
      const output = await bed.onNetwork(process.execPath, GATED_MOVE, ...where);
      expect(output).toMatch(/sent\nungated\nplaced\nrestored\ncommitted\n\{"ok":true/);
      const { answers, last, lostBecause } = await client.stop();
      expect({ last, lostBecause }).toEqual({ last: answers, lostBecause: null });
      // The move is over before the kubelet has told the API server of the pod.
      const isTold = async () => {
        const pod = await bed.pod('gated-0');
        return pod.ready ? pod : null;
      };
      const after = await untilFound(isTold, 'it is known to be ready');
      expect(after).toMatchObject({ node: to, ip: before.ip, restarts: 0 });
      await bed.expectNothingLeft();
      await bed.remove(set);
    });

    test('what restow and CRIU read off a pod is for nobody else to write', async () => {
      const someone = ['--as', 'somebody', '--as-group', 'system:authenticated'];
      await kubectl('create', 'clusterrole', 'pods', '--verb=*', '--resource=pods');
      await kubectl('create', 'clusterrolebinding', 'pods', '--clusterrole=pods', '--user=somebody');
      const pod = (annotations: object) =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'annotated', namespace: 'default', annotations },
          spec: { containers: [{ name: 'main', image: 'none' }], nodeName: 'nowhere' },
        });
      const create = (annotations: object, as: readonly string[]) =>
        bed.nodes.controlPlane.kubectl(['create', '--dry-run=server', '-f', '-', ...as], pod(annotations));
      for (const key of ['restow.dev/surge', 'org.criu.config']) {
        await expect(create({ [key]: 'x' }, someone)).rejects.toThrow(/are for restow alone/);
        await expect(create({ [key]: 'x' }, [])).resolves.toMatch(/created/);
      }
      await expect(create({ 'example.com/mine': 'x' }, someone)).resolves.toMatch(/created/);
    });

    test('a pod is deleted only as the one that it is', async () => {
      const set = witnessedRedis('itself');
      await bed.create(set);
      const before = await bed.pod('itself-0');
      const api = await ApiConnection.open(bed.nodes.controlPlane.kubeconfig);
      const preconditions = { uid: '00000000-0000-0000-0000-000000000000' };
      const wrong = api.call('DELETE', '/api/v1/namespaces/default/pods/itself-0', {
        gracePeriodSeconds: 0,
        preconditions,
      });
      await expect(wrong).rejects.toThrow(/409|Conflict|precondition/i);
      api.close();
      expect(await bed.pod('itself-0')).toEqual(before);
      await bed.remove(set);
    });

    test('a webhook that is dead stops live moves, and nothing else', async () => {
      await bed.killWebhook();
      const set = witnessedRedis('unsteered');
      await bed.create(set);
      const before = await bed.pod('unsteered-0');
      const { code, stdout } = await bed.restow(['migrate', 'unsteered-0']);
      expect(code).toBe(1);
      expect(stdout).toMatch(/not moved: .*webhook does not answer/);
      expect(await bed.pod('unsteered-0')).toEqual(before);
      await bed.expectNothingLeft();
      await bed.startWebhook();
      await bed.migrate('unsteered-0');
      expect(await starts('unsteered')).toBe(1);
      await bed.remove(set);
    });

    test('where no webhook is registered, every other node is held while a pod moves', async () => {
      await kubectl('delete', 'mutatingwebhookconfiguration', 'restow');
      expect((await bed.restow(['doctor'])).stdout).toMatch(/no webhook is registered/);
      const set = witnessedRedis('held');
      await bed.create(set);
      const { node } = await bed.pod('held-0');
      const other = bed.otherThan(node).name;
      await bed.addFakeNode('n3');
      await bed.migrate('held-0', '--to', other);
      expect(await bed.pod('held-0')).toMatchObject({ node: other, restarts: 0 });
      expect(await starts('held')).toBe(1);
      expect(await bed.journals()).toMatch(/"kind":"cordon","node":\{"name":"n3"/);
      const unschedulable = ['-o', 'jsonpath={.items[*].spec.unschedulable}'];
      expect(await kubectl('get', 'nodes', ...unschedulable)).toBe('');
      await bed.remove(set);
    });
  },
  TEST_MS,
);
