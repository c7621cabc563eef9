import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carryOut, FileJournal, type RunPorts } from '@restow/executor';
import { DEFAULT_POLICY, type Policy, type Snapshot } from '@restow/model';
import { createWorld, Simulation, simulatedPorts } from '@restow/simulator';
import { type LpEngines, loadEngines, makePlan, type PlanRequest, planEvacuation } from '@restow/solver';
import { buildDeployment, buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { BackToSpot } from '../../packages/cli/src/live/back-to-spot.ts';
import { journalOf, type RunMeta, writeRunMeta } from '../../packages/cli/src/live/run-folder.ts';

const NOW = Date.UTC(2026, 10, 1);
const DAY_MS = 24 * 3_600_000;
const CLUSTER = 'cluster';
const META: Omit<RunMeta, 'runId'> = {
  kubeconfig: null,
  context: null,
  server: 'https://127.0.0.1',
  prices: [],
  assumeRegion: null,
  notices: [],
  startedBy: 'serve',
  replans: true,
};
let engines: LpEngines;
let folder: string;
beforeAll(async () => {
  engines = await loadEngines();
  folder = mkdtempSync(join(tmpdir(), 'restow-spot-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const web = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7f9c', uid: 'rs-web' };
const own = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'own', uid: 'sts-own' };
const requests = { cpu: 1_500, memory: 2 ** 30 };
const pool = { templates: [{ name: 'pool', labels: {}, taints: [], instanceTypes: [], zones: [] }] };
const policy: Policy = {
  ...DEFAULT_POLICY,
  templates: pool.templates.map((template) => ({ ...template, capacityTypes: ['on-demand', 'spot'] })),
};
const bookOf = (isSpotThere: boolean) => {
  const book = buildPriceBook([
    { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 400_000 },
    { instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 100_000, capacityType: 'spot' },
  ]);
  const offerings = book.offerings.map((offering) =>
    offering.capacityType === 'spot' ? { ...offering, launchable: isSpotThere } : offering,
  );
  return { ...book, offerings };
};
const solve = async (request: PlanRequest) =>
  makePlan(request, { engines, now: () => 0, stop: () => null, onProgress: () => {} });

/** Two replicas on spot, which somebody else's pods on demand have nothing to do with. */
const snapshot: Snapshot = buildSnapshot({
  metadata: { cluster: CLUSTER, takenAt: null, origin: 'test', anonymised: false },
  nodes: [buildNode('spot', { capacityType: 'spot' }), buildNode('steady')],
  pods: [
    ...['web-7f9c-a', 'web-7f9c-b'].map((name) => {
      return buildPod(name, 'spot', { owner: web, labels: { app: 'web', 'pod-template-hash': '7f9c' }, requests });
    }),
    buildPod('own-0', 'steady', { owner: own, labels: { app: 'own' }, requests: { ...requests, cpu: 3_000 } }),
  ],
  owners: [
    ...buildDeployment(web, 2, { name: 'web' }),
    { ...own, namespace: 'default', replicas: 1, daemon: null, surges: null, owner: null },
  ],
});

/** The spot node goes, and there is no other: what the cluster is then. */
async function evacuated(runId: string): Promise<Snapshot> {
  const book = bookOf(false);
  const nodes = [{ name: 'spot', deadline: NOW + 120_000, remove: true }];
  const plan = await planEvacuation({ snapshot, book, policy, now: NOW, nodes }, solve);
  const simulation = new Simulation(
    createWorld({ snapshot, book, seed: 1, faults: [], behaviour: {}, startedAt: NOW }),
  );
  await writeRunMeta({ ...META, runId });
  const journal = FileJournal.create(journalOf(runId));
  const planner: RunPorts['planner'] = { plan: () => Promise.reject(new Error('nothing is planned again')) };
  const ports = { ...simulatedPorts(simulation), planner, journal, onRecord: () => {} };
  const run = carryOut({ runId, plan, policy: plan.policy }, ports, {
    signal: new AbortController().signal,
    mustStop: () => null,
  });
  const outcome = await simulation.drive(run);
  await journal.close();
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.reasons));
  expect(outcome.account).toMatchObject({ outcome: 'target', moves: { made: 2 } });
  return simulation.world.snapshot();
}

test('what had to leave spot goes back when there is spot again, and nothing else goes there', async () => {
  const after = await evacuated('e1');
  expect(after.nodes.map(({ capacityType }) => capacityType)).toEqual(['on-demand', 'on-demand']);
  const book = bookOf(true);
  const request = { snapshot: after, book, effort: 'normal', seed: 1 } as const;
  const kept = await solve({ ...request, policy });
  expect(kept.steps).toEqual([]);
  const allowed = await new BackToSpot(() => NOW + DAY_MS).allow(policy, after);
  expect(allowed.pods.alsoOn).toEqual([{ pods: 'app=web', namespaces: ['default'], capacityTypes: ['spot'] }]);
  const back = await solve({ ...request, policy: allowed });
  expect(back.summary.microsPerHour).toMatchObject({ before: 800_000, after: 500_000 });
  const spot = back.target.nodes.filter(({ capacityType }) => capacityType === 'spot').map(({ name }) => name);
  const places = back.target.placements.map(({ name, node }) => [name.slice(0, 3), spot.includes(node)]);
  expect(Object.fromEntries(places)).toEqual({ web: true, own: false });
});

test('a month later, and on another cluster, nothing is remembered', async () => {
  const after = await evacuated('e2');
  expect(await new BackToSpot(() => NOW + 31 * DAY_MS).allow(policy, after)).toBe(policy);
  let now = NOW + DAY_MS;
  const running = new BackToSpot(() => now);
  expect((await running.allow(policy, after)).pods.alsoOn).toHaveLength(1);
  now = NOW + 31 * DAY_MS;
  expect(await running.allow(policy, after)).toBe(policy);
  const other = { ...after, metadata: { ...after.metadata, cluster: 'another' } };
  expect(await new BackToSpot(() => NOW + DAY_MS).allow(policy, other)).toBe(policy);
});
