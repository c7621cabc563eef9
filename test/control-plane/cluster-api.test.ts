import { ClusterApiNodes, KubeApi, KubeConnection, NodeManagers } from '@restow/kube';
import { type ControlPlane, leftOut, startControlPlane } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MachineSets, NAMESPACE } from './machine-sets.ts';

const COLD_MS = 20 * 60_000;
const SIGNAL = new AbortController().signal;
const DELETE_MACHINE = 'cluster.x-k8s.io/delete-machine';
const why = leftOut();

describe.skipIf(why !== null)(why ?? 'nodes of Cluster API', () => {
  let controlPlane: ControlPlane;
  let machineSets: MachineSets;
  let connection: KubeConnection;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ controllerManager: false, scheduler: false, kwok: false });
    machineSets = await MachineSets.start(controlPlane);
    connection = await KubeConnection.open({ kubeconfig: controlPlane.kubeconfig });
  }, COLD_MS);
  afterAll(async () => {
    await machineSets?.stop();
    await connection?.close();
    await controlPlane?.stop();
  });

  /** Dies, as a process does, before its so-manieth write. */
  const managers = (writes = Number.POSITIVE_INFINITY) => {
    let left = writes;
    const fence = () => {
      if (left-- <= 0) throw new Error('killed');
    };
    const api = new KubeApi(connection, { fieldManager: 'restow', dryRun: false, fence });
    return new NodeManagers(api, [new ClusterApiNodes(api, Date.now)], Date.now);
  };
  const node = async (name: string) => {
    const uid = await controlPlane.kubectl(['get', 'node', name, '-o', 'jsonpath={.metadata.uid}']);
    return { name, uid };
  };
  const names = async (name: string, count: number) =>
    (await machineSets.settled(name, count)).map(({ metadata }) => metadata.name).sort();
  const marks = async (name: string) =>
    (await machineSets.machines(name)).flatMap(({ metadata }) => Object.keys(metadata.annotations ?? {}));

  test('the machines of the nodes that are asked for go, and no others', async () => {
    await machineSets.create('plain', 5);
    const nodes = managers();
    const given = await Promise.all([
      nodes.remove(await node('plain-1'), SIGNAL),
      nodes.remove(await node('plain-3'), SIGNAL),
    ]);
    for (const answer of given) expect(answer).toMatchObject({ ok: true, removedAt: expect.any(Number) });
    expect(await names('plain', 3)).toEqual(['plain-0', 'plain-2', 'plain-4']);
    expect(await machineSets.replicas('plain')).toBe(3);
    expect(await marks('plain')).toEqual([]);
  });

  test.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    ['a minimum', 'minimum', { 'cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size': '2' }, /and 2 at least/],
  ])('%s is kept', async (_name, code, annotations, reason) => {
    await machineSets.create('least', 2, annotations);
    const answer = await managers().remove(await node('least-0'), SIGNAL);
    expect(answer).toMatchObject({ ok: false, code, reason: expect.stringMatching(reason) });
    expect(await machineSets.replicas('least')).toBe(2);
    expect(await marks('least')).toEqual([]);
  });

  test('where another tool keeps the number of machines, none goes', async () => {
    await machineSets.create('gitops', 2);
    const kept = {
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      kind: 'MachineDeployment',
      metadata: { name: 'gitops', namespace: NAMESPACE },
      spec: { replicas: 2 },
    };
    const manager = ['--server-side', '--force-conflicts', '--field-manager=capi-topology'];
    await controlPlane.kubectl(['apply', ...manager, '-f', '-'], JSON.stringify(kept));
    const answer = await managers().remove(await node('gitops-0'), SIGNAL);
    expect(answer).toMatchObject({
      ok: false,
      code: 'protected',
      reason: expect.stringMatching(/capi-topology manages/),
    });
    expect(await marks('gitops')).toEqual([]);
  });

  test('a machine that somebody else has marked would go instead, so none does', async () => {
    await machineSets.create('rival', 3);
    await controlPlane.kubectl([
      'annotate',
      'machines.cluster.x-k8s.io/rival-2',
      '-n',
      NAMESPACE,
      `${DELETE_MACHINE}=yes`,
    ]);
    const answer = await managers().remove(await node('rival-0'), SIGNAL);
    expect(answer).toMatchObject({ ok: false, code: 'protected', reason: expect.stringMatching(/rival-2 is marked/) });
    expect(await machineSets.replicas('rival')).toBe(3);
  });

  // A removal marks and then scales.
  test.each([0, 1])('killed after %i of its writes and asked again, one machine goes', async (writes) => {
    const name = `killed-${writes}`;
    await machineSets.create(name, 3);
    const gone = await node(`${name}-1`);
    await expect(managers(writes).remove(gone, SIGNAL)).rejects.toThrow('killed');
    expect(await managers().remove(gone, SIGNAL)).toMatchObject({ ok: true });
    expect(await names(name, 2)).toEqual([`${name}-0`, `${name}-2`]);
    expect(await machineSets.replicas(name)).toBe(2);
  });

  test('killed once everything is written and asked again, no second machine goes', async () => {
    await machineSets.create('late', 3);
    const gone = await node('late-1');
    const stop = new AbortController();
    const removing = managers().remove(gone, stop.signal);
    while ((await machineSets.replicas('late')) === 3);
    stop.abort(new Error('killed'));
    await removing.catch(() => {});
    expect(await managers().remove(gone, SIGNAL)).toMatchObject({ ok: true });
    expect(await names('late', 2)).toEqual(['late-0', 'late-2']);
    expect(await machineSets.replicas('late')).toBe(2);
  });

  test('killed and not gone on with, the machine keeps no mark', async () => {
    await machineSets.create('kept', 2);
    const kept = await node('kept-1');
    await expect(managers(1).remove(kept, SIGNAL)).rejects.toThrow('killed');
    expect(await marks('kept')).toContain(DELETE_MACHINE);
    for (let twice = 0; twice < 2; twice++) expect(await managers().keep(kept, SIGNAL)).toEqual({ ok: true });
    expect(await marks('kept')).toEqual([]);
    expect(await machineSets.replicas('kept')).toBe(2);
  });
});
