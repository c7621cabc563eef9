import { type Account, carryOut, MemoryJournal, type RunPorts } from '@restow/executor';
import { type Plan, seededRandom, UNPREFERRED_TAINT } from '@restow/model';
import { attachLimitsOf, belongsToNode } from '@restow/scheduling';
import { createWorld, giveNotice, Simulation, simulatedPorts } from '@restow/simulator';
import { checkPlan, type LpEngines, loadEngines, makePlan, planEvacuation } from '@restow/solver';
import { generateCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { STARTED_AT } from './run-scenario.ts';
import { lostPods } from './truth.ts';
import { Watcher } from './watcher.ts';

const SEEDS = process.env.RESTOW_SOAK === '1' ? 2000 : 200;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

interface Evacuated {
  readonly plan: Plan;
  readonly account: Account;
  readonly simulation: Simulation;
  readonly wrong: string[];
  readonly going: readonly string[];
  readonly deadline: number;
}

/** One or two nodes of a generated cluster are about to go, and go. */
async function evacuate(seed: number): Promise<Evacuated | null> {
  const random = seededRandom(seed * 31 + 5);
  const cluster = generateCluster(seed);
  const { snapshot, book, policy } = cluster;
  const able = snapshot.nodes.filter(({ ready, deleting, controlPlane }) => ready && !deleting && !controlPlane);
  const count = Math.min(able.length - 1, 1 + Math.floor(random() * 2));
  if (count < 1) return null;
  const going = able.slice(0, count).map(({ name }) => name);
  const deadline = STARTED_AT + (random() < 0.5 ? 30_000 : 120_000);
  const remove = random() < 0.3;
  const plan = await planEvacuation(
    { snapshot, book, policy, now: STARTED_AT, nodes: going.map((name) => ({ name, deadline, remove })) },
    async (request) => makePlan(request, { engines, now: () => 0, stop: () => null, onProgress: () => {} }),
  );
  const simulation = new Simulation(
    createWorld({ snapshot, book, seed, faults: [], behaviour: { steers: random() < 0.5 }, startedAt: STARTED_AT }),
  );
  const { world } = simulation;
  for (const name of going) giveNotice(world, name, deadline - STARTED_AT);
  const watcher = new Watcher(world, plan.policy);
  const planner: RunPorts['planner'] = { plan: () => Promise.reject(new Error('nothing is planned again')) };
  const ports: RunPorts = {
    ...simulatedPorts(simulation),
    planner,
    journal: new MemoryJournal(),
    onRecord: (record) => watcher.hear(record),
  };
  const mustStop = () => (world.now >= deadline ? { code: 'deadline', message: 'the nodes have gone' } : null);
  const signal = new AbortController().signal;
  const outcome = await simulation.drive(
    carryOut({ runId: `e${seed}`, plan, policy: plan.policy }, ports, { signal, mustStop }),
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.reasons));
  return { plan, account: outcome.account, simulation, wrong: watcher.wrong, going, deadline };
}

test('what the independent checker says of every place, and every pod is spoken of', async () => {
  let moved = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { snapshot, book, policy } = generateCluster(seed);
    const [name] = snapshot.nodes.filter(({ ready, deleting }) => ready && !deleting).map((node) => node.name);
    if (name === undefined) continue;
    const nodes = [{ name, deadline: STARTED_AT + 120_000, remove: false }];
    // Without anything to be launched, so that all places are there already.
    const none = { ...book, offerings: book.offerings.map((offering) => ({ ...offering, launchable: false })) };
    const plan = await planEvacuation({ snapshot, book: none, policy, now: STARTED_AT, nodes }, async (request) =>
      makePlan(request, { engines, now: () => 0, stop: () => null, onProgress: () => {} }),
    );
    const limits = attachLimitsOf(snapshot);
    const pods = new Map(snapshot.pods.map((pod) => [pod.uid, pod]));
    const moves = plan.target.placements.map(({ uid, from, node }) => ({ pod: pods.get(uid)!, from: from!, to: node }));
    moved += moves.length;
    const limitAttach = (node: string) => limits.byNode.get(node) ?? {};
    const cordoned = {
      ...snapshot,
      nodes: snapshot.nodes.map((node) => (node.name === name ? { ...node, unschedulable: true } : node)),
    };
    const input = { snapshot: cordoned, policy: plan.policy, launched: [], removed: [], limitAttach, moves };
    // Budgets that allow nothing now may allow something later.
    const problems = checkPlan(input).filter((problem) => !problem.endsWith('allows no disruption now'));
    expect(problems, `seed ${seed}`).toEqual([]);
    const there = snapshot.pods.filter((pod) => pod.node === name && !belongsToNode(pod)).map(({ uid }) => uid);
    expect(plan.evacuation!.pods.map(({ uid }) => uid).sort()).toEqual(there.sort());
    const { planned, podOrder, priorityOrder, nothing } = plan.evacuation!.expectedLossMicros;
    expect(planned).toBeLessThanOrEqual(Math.min(podOrder, priorityOrder, nothing));
    for (const { method, reasons } of plan.evacuation!.pods) if (method === 'stay') expect(reasons).not.toEqual([]);
  }
  expect(moved).toBeGreaterThan(SEEDS / 4);
}, 300_000);

test('nodes that go: whoever can leaves in time, nobody comes, nothing is lost that could be saved', async () => {
  const counts = { inTime: 0, late: 0, launched: 0, removed: 0 };
  for (let seed = 0; seed < SEEDS; seed++) {
    const evacuated = await evacuate(seed);
    if (evacuated === null) continue;
    const { plan, account, simulation, wrong, going, deadline } = evacuated;
    const { world } = simulation;
    await simulation.passTo(deadline + 600_000);
    const about = `seed ${seed}: ${JSON.stringify(account)}`;
    expect(wrong, about).toEqual([]);
    const { snapshot } = generateCluster(seed);
    const cordonedBefore = snapshot.nodes.flatMap(({ name, unschedulable }) => (unschedulable ? [name] : []));
    expect(lostPods(world, snapshot), about).toEqual([]);
    for (const name of going) {
      const cordon = world.state.log.findIndex((entry) => entry.kind === 'cordoned' && entry.node === name);
      expect(cordon, about).toBeGreaterThanOrEqual(0);
      const after = world.state.log.slice(cordon);
      expect(
        after.filter((entry) => entry.kind === 'pod-bound' && entry.node === name),
        about,
      ).toEqual([]);
    }
    const diedThere = new Set(
      world.state.log.flatMap((entry) => (entry.kind === 'pod-lost' && entry.by === 'cloud' ? [entry.uid] : [])),
    );
    for (const { uid, method, endMs } of plan.evacuation!.pods) {
      if (method === 'stay' || endMs === null || STARTED_AT + endMs > deadline) continue;
      if (diedThere.has(uid)) counts.late++;
      else counts.inTime++;
    }
    counts.launched += account.nodes.launched;
    counts.removed += account.nodes.removed;
    for (const { node } of world.state.nodes.values()) {
      expect(
        node.taints.filter(({ key }) => key === UNPREFERRED_TAINT),
        about,
      ).toEqual([]);
      expect(node.unschedulable && ![...going, ...cordonedBefore].includes(node.name), about).toBe(false);
    }
  }
  expect(counts.inTime).toBeGreaterThan(20 * counts.late);
  expect(counts.launched).toBeGreaterThan(0);
  expect(counts.removed).toBeGreaterThan(0);
}, 300_000);
