import { createWorld, faultSchema, Simulation, simulatedPorts } from '@restow/simulator';
import { buildDeployment, buildNode, buildPod, buildPriceBook, buildSnapshot, clusterContract } from '@restow/testkit';

clusterContract('the simulation', async () => {
  const selector = { matchLabels: { app: 'guarded' }, matchExpressions: [] };
  const guarded = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'guarded', uid: 'rs-guarded' };
  const snapshot = buildSnapshot({
    nodes: [buildNode('busy'), buildNode('empty'), buildNode('other'), buildNode('unknown', { owner: 'unknown' })],
    pods: [
      buildPod('one', 'busy'),
      buildPod('two', 'busy'),
      buildPod('three', 'other'),
      buildPod('guarded', 'busy', { labels: { app: 'guarded' }, owner: guarded }),
    ],
    podDisruptionBudgets: [{ namespace: 'default', name: 'guard', selector, disruptionsAllowed: 0 }],
    owners: buildDeployment(guarded, 1),
  });
  const book = buildPriceBook([
    { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 100_000 },
    { instanceType: 'rare', cores: 4, gib: 16, microsPerHour: 50_000 },
  ]);
  const world = createWorld({
    snapshot,
    book,
    seed: 1,
    faults: [],
    behaviour: {},
    startedAt: Date.UTC(2026, 0, 1),
  });
  const simulation = new Simulation(world);
  const { view, marker, nodes, mover } = simulatedPorts(simulation);
  const order = (token: string) => ({
    token,
    instanceType: 'standard-4',
    zone: 'zone-a',
    capacityType: 'on-demand' as const,
    arch: 'amd64',
    group: 'pool',
    unpreferred: false,
  });
  return {
    view,
    marker,
    nodes,
    mover,
    movable: 'one',
    protectedPod: 'guarded',
    emptyNode: 'empty',
    unknownNode: 'unknown',
    busyNode: 'busy',
    order,
    orderWithoutCapacity: (token) => {
      world.state.faults.push({ fault: faultSchema.parse({ name: 'launch-no-capacity' }), left: null });
      return { ...order(token), instanceType: 'rare' };
    },
    wait: (work) => simulation.drive(work),
    close: async () => {},
  };
});
