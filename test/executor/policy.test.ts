import {
  type Account,
  carryOut,
  MemoryJournal,
  MemoryPlace,
  type Reason,
  type RunOutcome,
  resume,
} from '@restow/executor';
import { DEFAULT_POLICY, type Plan, type Policy, planDigest, RestowError } from '@restow/model';
import { type Fault, faultSchema, type Simulation } from '@restow/simulator';
import { type LpEngines, loadEngines } from '@restow/solver';
import { buildPod, plainCluster } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { planOf, portsOf, runScenario, STARTED_AT, simulationOf } from './run-scenario.ts';
import { generateScenario, type RunScenario } from './scenario.ts';
import { UNTIL_ITS_END } from './until-its-end.ts';

let engines: LpEngines;
let plan: Plan;
const cluster = plainCluster(60, 3);
const base: RunScenario = { seed: 1, ...cluster, policy: DEFAULT_POLICY, faults: [], behaviour: {} };
beforeAll(async () => {
  engines = await loadEngines();
  plan = planOf(base, engines);
  expect(plan.summary.moves).toBeGreaterThan(20);
});

function withRun(change: Partial<Policy['run']>, faults: readonly Fault[] = []): RunScenario {
  return { ...base, faults, policy: { ...DEFAULT_POLICY, run: { ...DEFAULT_POLICY.run, ...change } } };
}

async function runOf(scenario: RunScenario, of: Plan = plan): Promise<{ outcome: RunOutcome; simulation: Simulation }> {
  const simulation = simulationOf(scenario);
  const ports = portsOf(scenario, simulation, engines, new MemoryJournal());
  return { outcome: await runScenario(scenario, of, simulation, ports), simulation };
}

async function accountOf(scenario: RunScenario): Promise<Account> {
  const { outcome } = await runOf(scenario);
  if (!outcome.ok) throw new Error(outcome.reasons[0]!.message);
  return outcome.account;
}

async function refusalOf(scenario: RunScenario, of: Plan = plan): Promise<string | undefined> {
  const { outcome, simulation } = await runOf(scenario, of);
  expect(simulation.world.state.log.filter(({ kind }) => kind !== 'fault')).toEqual([]);
  return outcome.ok ? undefined : outcome.reasons[0]!.code;
}

const fault = (change: Partial<Fault> & Pick<Fault, 'name'>): Fault => faultSchema.parse(change);

test('without anything in the way the target is reached and costs what was promised', async () => {
  const account = await accountOf(base);
  expect(account).toMatchObject({ outcome: 'target', failures: [], left: [], replans: 0 });
  expect(account.microsPerHour.now).toBe(plan.summary.microsPerHour.after);
  expect(account.moves.made).toBe(plan.summary.moves);
});

test('those who waited for a node when the plan was made have one when it is carried out', async () => {
  const late = Array.from({ length: 6 }, (_, index) =>
    buildPod(`late-${index}`, null, { requests: { cpu: 3_000, memory: 8 * 2 ** 30 } }),
  );
  const snapshot = { ...cluster.snapshot, pods: [...cluster.snapshot.pods, ...late] };
  const policy = { ...DEFAULT_POLICY, pending: { ...DEFAULT_POLICY.pending, makeRoom: true } };
  const scenario = { ...base, snapshot, policy };
  const full = planOf({ ...scenario, policy: DEFAULT_POLICY }, engines);
  const roomy = planOf(scenario, engines);
  expect(roomy.target.pending).toHaveLength(6);
  expect(roomy.summary.microsPerHour.after).toBeGreaterThan(full.summary.microsPerHour.after);
  const { outcome, simulation } = await runOf(scenario, roomy);
  expect(outcome).toMatchObject({ ok: true, account: { failures: [], left: [] } });
  const waiting = [...simulation.world.state.pods.values()].filter(({ pod }) => pod.node === null);
  expect(waiting.map(({ pod }) => pod.name)).toEqual([]);
});

test('outside its windows a run does not begin; when the window closes it stops', async () => {
  const hour = new Date(STARTED_AT).getUTCHours();
  const text = (value: number, minutes = '00') => `${String(value % 24).padStart(2, '0')}:${minutes}`;
  const window = { days: [], timeZone: 'UTC' };
  expect(await refusalOf(withRun({ windows: [{ ...window, from: text(hour + 1), to: text(hour + 2) }] }))).toBe(
    'window',
  );
  const account = await accountOf(withRun({ windows: [{ ...window, from: text(hour), to: text(hour, '02') }] }));
  expect(account.outcome).toBe('stopped');
  expect(account.reasons.map(({ code }) => code)).toEqual(['window']);
  expect(account.moves.made).toBeGreaterThan(0);
  expect(account.moves.made).toBeLessThan(plan.summary.moves);
});

test('after so many failed steps it stops', async () => {
  const faults = [fault({ name: 'eviction-refused', probability: 0.2 })];
  const account = await accountOf(withRun({ stopAfterFailures: 2, minimumAchievedFraction: 0 }, faults));
  expect(account.reasons.map(({ code }) => code)).toContain('failures');
  expect(account.failures.length).toBeGreaterThanOrEqual(2);
});

test('less than the wanted part of the promise: what was launched goes again', async () => {
  const faults = [fault({ name: 'eviction-refused', probability: 0.15 })];
  const account = await accountOf(withRun({ stopAfterFailures: 100, minimumAchievedFraction: 1 }, faults));
  expect(account.reasons.map(({ code }) => code)).toContain('promise');
  expect(account.microsPerHour.now).toBeLessThanOrEqual(account.microsPerHour.before);
});

test('a cluster that is unwell stops the run, and holds it only for a while when it gets well', async () => {
  const brake = { unreadyPodsFraction: 0.05, waitMs: 60_000 };
  const ill = (durationMs: number) => [fault({ name: 'cluster-unwell', times: 20, afterMs: 40_000, durationMs })];
  const stopped = await accountOf(withRun({ brake }, ill(600_000)));
  expect(stopped.reasons.map(({ code }) => code)).toEqual(['unwell']);
  const held = await accountOf(withRun({ brake }, ill(30_000)));
  expect(held.outcome).toBe('target');
});

test('stall and surge beyond what is allowed stop the run', async () => {
  const most = DEFAULT_POLICY.run.most;
  const surge = await accountOf(withRun({ most: { ...most, surgeMicros: 1 } }));
  expect(surge.reasons.map(({ code }) => code)).toEqual(['surge']);
  const single = singleReplicas();
  const alone = planOf(single, engines);
  expect(alone.summary.stallMs).toBeGreaterThan(0);
  const run = { ...DEFAULT_POLICY.run, most: { ...most, stallMs: 0 } };
  const { outcome } = await runOf({ ...single, policy: { ...DEFAULT_POLICY, run } }, alone);
  expect(outcome.ok && outcome.account.reasons.map(({ code }) => code)).toEqual(['stall']);
});

test('a pod that would be away for longer than it may stays', async () => {
  const single = singleReplicas();
  const alone = planOf(single, engines);
  const run = {
    ...DEFAULT_POLICY.run,
    minimumAchievedFraction: 0,
    most: { ...DEFAULT_POLICY.run.most, stallMsPerPod: 1 },
  };
  const { outcome, simulation } = await runOf({ ...single, policy: { ...DEFAULT_POLICY, run } }, alone);
  expect(outcome.ok).toBe(true);
  expect(simulation.world.state.log.filter(({ kind }) => kind === 'pod-evicted')).toEqual([]);
});

/** The same cluster, but every pod is the only one of its owner. */
function singleReplicas(): RunScenario {
  const pods = base.snapshot.pods.map((pod) => ({
    ...pod,
    owner: { ...pod.owner!, name: pod.name, uid: `rs-${pod.uid}` },
  }));
  return { ...base, snapshot: { ...base.snapshot, pods } };
}

test('asked to stop, it ends in good order', async () => {
  const simulation = simulationOf(base);
  const asked: Reason = { code: 'interrupted', message: 'Ctrl-C' };
  let evictions = 0;
  simulation.world.watch(({ kind }) => {
    if (kind === 'pod-evicted') evictions++;
  });
  const ports = portsOf(base, simulation, engines, new MemoryJournal());
  const mustStop = () => (evictions >= 5 ? asked : null);
  const request = { runId: 'asked', plan, policy: DEFAULT_POLICY };
  const outcome = await simulation.drive(carryOut(request, ports, { ...UNTIL_ITS_END, mustStop }));
  expect(outcome.ok && outcome.account).toMatchObject({ outcome: 'stopped', reasons: [asked] });
  expect([...simulation.world.state.nodes.values()].every(({ node }) => !node.unschedulable)).toBe(true);
});

test('an outage shorter than the policy bears is lived through, a longer one breaks the run off', async () => {
  const outage = (durationMs: number) => [fault({ name: 'view-outage', afterMs: 60_000, durationMs })];
  expect((await accountOf(withRun({}, outage(60_000)))).outcome).toBe('target');
  await expect(runOf(withRun({}, outage(3_600_000)))).rejects.toMatchObject({ code: 'RESTOW_OUTAGE' });
});

test('a run that is broken off does nothing more, and can be resumed to the same end', async () => {
  const scenario = withRun({}, [fault({ name: 'view-outage', afterMs: 60_000, durationMs: 3_600_000 })]);
  const simulation = simulationOf(scenario);
  const place = new MemoryPlace();
  const journal = await place.create();
  await expect(
    runScenario(scenario, plan, simulation, portsOf(scenario, simulation, engines, journal)),
  ).rejects.toMatchObject({ code: 'RESTOW_OUTAGE' });
  const records = await journal.read();
  await simulation.passTo(STARTED_AT + 2 * 3_600_000);
  expect(await journal.read()).toEqual(records);
  await journal.close();
  const ports = portsOf(scenario, simulation, engines, await place.open());
  const outcome = await simulation.drive(resume(ports, UNTIL_ITS_END));
  expect(outcome.ok && outcome.account).toMatchObject({ outcome: 'target', resumed: 1 });
});

// A rejection that nobody hears ends a process, and fails this test.
test('told to stop while a node is let go that was held for a pod on its way, a run ends with that and nothing else', async () => {
  const scenario = { ...generateScenario(2), faults: [] };
  const simulation = simulationOf(scenario);
  const stop = new AbortController();
  const told = new RestowError('RESTOW_TEST', 'told to stop');
  const ports = portsOf(scenario, simulation, engines, new MemoryJournal(), (record) => {
    if (record.type === 'begun' && record.does.kind === 'uncordon') stop.abort(told);
  });
  const { clock, mover } = ports;
  const placed = scenario.snapshot.pods.find(({ node }) => node !== null)!.uid;
  const move = mover.move.bind(mover);
  mover.move = async (order, signal, onPlaced) => {
    onPlaced(placed);
    await clock.sleep(60_000, signal);
    return move(order, signal, onPlaced);
  };
  const request = { runId: 'run', plan: planOf(scenario, engines), policy: scenario.policy };
  const run = carryOut(request, ports, { signal: stop.signal, mustStop: () => null });
  await expect(simulation.drive(run)).rejects.toBe(told);
});

test('a planner that fails stops the run in good order', async () => {
  const scenario = withRun({ stopAfterFailures: 100 }, [fault({ name: 'eviction-refused', times: 1 })]);
  const simulation = simulationOf(scenario);
  const ports = {
    ...portsOf(scenario, simulation, engines, new MemoryJournal()),
    planner: { plan: () => Promise.reject(new RestowError('RESTOW_TEST', 'no plan today')) },
  };
  const outcome = await runScenario(scenario, plan, simulation, ports);
  expect(outcome.ok && outcome.account.reasons).toEqual([
    { code: 'planner', message: expect.stringMatching('no plan today') },
  ]);
  expect([...simulation.world.state.nodes.values()].some(({ node }) => node.unschedulable)).toBe(false);
});

test('a plan that was edited, is from an anonymised snapshot, or for another cluster is refused', async () => {
  const edited = { ...plan, steps: plan.steps.slice(1) };
  const withDigest = (change: Partial<Plan['metadata']>): Plan => {
    const changed = { ...plan, metadata: { ...plan.metadata, ...change } };
    return { ...changed, metadata: { ...changed.metadata, planDigest: planDigest(changed) } };
  };
  expect(await refusalOf(base, edited)).toBe('edited');
  expect(await refusalOf(base, withDigest({ anonymised: true }))).toBe('anonymised');
  expect(await refusalOf(base, withDigest({ cluster: 'another' }))).toBe('foreign-cluster');
});

test('a cluster that has moved on too far refuses the plan and says what has changed; a little is planned again', async () => {
  const moved = new Set(plan.reliesOn.pods.map(({ uid }) => uid));
  const changed = (count: number): RunScenario => {
    let left = count;
    const pods = base.snapshot.pods.map((pod) => {
      if (!moved.has(pod.uid) || left === 0) return pod;
      left--;
      return { ...pod, requests: { ...pod.requests, cpu: pod.requests.cpu! + 1 } };
    });
    return { ...base, snapshot: { ...base.snapshot, pods } };
  };
  const { outcome } = await runOf(changed(moved.size));
  expect(outcome).toMatchObject({
    ok: false,
    reasons: [{ code: 'stale', message: expect.stringMatching(/pod default\/pod-\d+ has changed/) }],
  });
  const little = await accountOf(changed(1));
  expect(little.replans).toBeGreaterThan(0);
  expect(little.microsPerHour.now).toBeLessThan(little.microsPerHour.before);
});

test('what policy never touches is neither moved nor emptied', async () => {
  const [pod] = plan.reliesOn.pods;
  const owner = base.snapshot.pods.find(({ uid }) => uid === pod!.uid)!;
  const pods = base.snapshot.pods.map((one) =>
    one.uid === owner.uid ? { ...one, labels: { ...one.labels, keep: 'me' } } : one,
  );
  const scenario: RunScenario = {
    ...base,
    snapshot: { ...base.snapshot, pods },
    policy: { ...DEFAULT_POLICY, neverTouch: { pods: ['keep=me'], nodes: ['kubernetes.io/hostname=node-0001'] } },
  };
  const careful = planOf(scenario, engines);
  expect(careful.reliesOn.pods.some(({ uid }) => uid === owner.uid)).toBe(false);
  expect(careful.reliesOn.nodes.some(({ name }) => name === 'node-0001')).toBe(false);
  expect(careful.summary.moves).toBeGreaterThan(0);
});
